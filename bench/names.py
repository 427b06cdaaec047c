"""Listed names and popular names for the measurements: real ones where the data folder stands, and seeded ones."""

import lzma
import os
import random
import tarfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from filterdns import dname
from filterdns.blocklists.suffixes import registries

DATA = Path(os.environ.get("FILTERDNS_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SEED = 53

_STARTS = "b br c ch d dr f fl g gr h j k kl l m n p pl pr qu r s sch sh sl st t tr v w z".split()
_VOWELS = "a a a e e e i i o o o u ai au ea ei ie oo ou y".split()
_ENDS = (*("",) * 4, *"b ck d g l ll m n nd ng nt p r rs s st t x".split())
_WORDS = """active adult app art auto bay best big bonus book bot box buy cafe cam card cash casino chat city class
click cloud club code cool crew dark data date deal direct doc dream easy expo fan fast film find fire first fit
fun game gift girl glam go gold guru hd home hot hub idea info jet joy key kid king lab land lane life link live
local loud love lucky mail map mart max media meet mega mix mobi moon music my neo net new nice now one online
party pass pay photo pix play plus porn post prime pro pub quick rank red rent rock room sale score sex shop show
site sky smart social soft spin sport spot star stock store stream sun super swap tech teen time tip top track
trade travel trend tube turbo tv ultra vip video web wiki win world xxx yes you zone""".split()
_TLDS = "com net org info xyz de ru top uk co.uk fr nl online site club biz io pl it br com.br eu shop app live".split()
_TLD_SHARES = (48, 6, 5, 4, 4, 4, 4, 4, 1, 3, 2, 2, 2, 2, 2, 2, *(1,) * 9)
_HOSTS = "www m api cdn img ads track mail static shop blog go app s1 s2 w1 media click stats video".split()


def generated(seed: int = SEED) -> Iterator[str]:
    """Endless realistic names (about one in eight with a host in front), the same for the same seed; some repeat."""
    dice = random.Random(seed)
    pick, chance = dice.choice, dice.random
    endings = random.Random(seed + 1).choices(_TLDS, _TLD_SHARES, k=1 << 14)
    while True:
        stem = "".join(
            pick(_WORDS) if chance() < 0.35 else pick(_STARTS) + pick(_VOWELS) + pick(_ENDS)
            for _ in range(2 + (chance() < 0.45))
        )
        shape = chance()
        if shape < 0.08:
            stem += str(int(chance() * 1000))
        elif shape < 0.16:
            stem = f"{pick(_WORDS)}-{stem}"
        elif shape < 0.28:
            stem = f"{pick(_HOSTS)}.{stem}"
        yield f"{stem}.{pick(endings)}"


def real_listed() -> Iterator[str]:
    """Names of the public lists in the data folder; none where it is missing."""
    for path in sorted((DATA / "lists").glob("*.domains.txt.xz")):
        with lzma.open(path, "rt") as lines:
            yield from _names(lines)
    for path in sorted((DATA / "lists").glob("ut1-*.tar.xz")):
        with tarfile.open(path) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.name.endswith("/domains") else None
                if content:
                    yield from _names(line.decode("latin-1") for line in content)


def listed(count: int) -> list[str]:
    """`count` different names that a list may hold: the real ones first, then generated ones.

    Deterministic for the same data folder.
    """
    endings = registries()
    found = dict.fromkeys(islice((name for name in real_listed() if name not in endings), count))
    source = (name for name in generated() if name not in endings)
    while len(found) < count:
        found.update(dict.fromkeys(islice(source, count - len(found))))
    return list(found)


def _names(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        name = line.partition("#")[0].strip().lower()
        try:
            if name and dname.is_host(dname.from_text(name)) and name.isascii() and "\\" not in name:
                yield name
        except dname.DNameError:
            continue
