"""One update of one list from a server of the test: `update_once.py STATE URL PORT NOW`; says whether it published."""

import sys
from functools import partial
from ipaddress import ip_network
from pathlib import Path

from filterdns.blocklists.download import Limits, fetch
from filterdns.blocklists.remote import RemoteList
from filterdns.blocklists.update import Orders, update

HOME = "127.0.0.1"


def main(state: str, url: str, port: str, now: str) -> None:
    limits = Limits(ports=frozenset({int(port)}), allowed=(ip_network(HOME),))
    get = partial(fetch, resolve=lambda _: [HOME], limits=limits)
    orders = Orders(float(now), (RemoteList("own:Ours", "games", "Ours", url),), get)
    print(update(Path(state), orders, print).published)  # noqa: T201 - for the test


if __name__ == "__main__":
    main(*sys.argv[1:])
