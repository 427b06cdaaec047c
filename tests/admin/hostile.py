"""Five hundred names that were made to be taken for something else, as wire names and as words."""

import random
from itertools import islice, product

from filterdns import dname

_SEEDS = rb"""
<script>alert(1)</script>
<img src=x onerror=alert(1)>
"><svg onload=alert(1)>
'onmouseover='alert(1)
javascript:alert(1)
</title><script>
{{7*7}}
{% raw %}
${7*7}
<!--
]]>
&lt;b&gt;
<b>bold</b>
<a href=//evil>
%3Cscript%3E
\x3cscript\x3e
=1+1
+1+1
-1+1
@SUM(1)
=HYPERLINK("x")
';DROP TABLE asked;--
" OR 1=1 --
%00
../../etc/passwd
`id`
$(id)
|id
<style>*{}</style>
<iframe src=x>
<base href=x>
<form action=x>
<input autofocus onfocus=x>
""".strip().splitlines()
_SEEDS += [b"\x00<i>", b"\x1b[31mred", b"\r\nSet-Cookie: a=b", b"\t=1", b"\xe2\x80\xae<u>", b"\xff\xfe<s>"]
_AROUND = (b"", b"ab", b'""', b"''", b"><", b"\\\\", b"&;", b"  ", b"<>", b"\n\n", b"\t\t", b"-!", b"*/")

_MADE = (around[:1] + seed + around[1:] for around, seed in product(_AROUND, _SEEDS))
PAYLOADS = list(islice(dict.fromkeys(made[:63] for made in _MADE), 500))
WIRES = [dname.from_labels([payload, b"evil", b"example"]) for payload in PAYLOADS]
TEXTS = [payload.decode("latin-1") for payload in PAYLOADS]
MARKS = """
<script>|<img|<svg o|<iframe|<base|<form action=x|<input autofocus|<b>|<i>|<u>|<s>|<style>|<a href=//|onmouseover='|<!--
""".strip().split("|")
"""What would be seen of them if they were not escaped."""

random.Random(1).shuffle(WIRES)
