"""The household as a file: taken away, looked at, and put back; all of it or nothing."""

import contextlib
import hashlib
from datetime import datetime
from pathlib import Path

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns import publish
from filterdns.admin import house, language
from filterdns.admin.change import change, home, sentence, typed_again
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.blocklists import builtin
from filterdns.household import changes, document, export
from filterdns.household.compare import compare
from filterdns.household.document import DocumentError
from filterdns.policy.rules import Household, RuleError

pages = Blueprint("backup", __name__)

MOST_BYTES = 1 << 20
"""Of a file. Reading YAML takes 25 times its size in memory; `filterdns household import` takes 16 MiB."""
_ROOM = 64 << 10  # for the rest of the form
_WAITING = "restore.yaml"
_MOST_SHOWN = 30


@pages.get("/backup")
@open_to("parent")
def form() -> str:
    """Take away, or bring."""
    return render_template("backup.html", faults=[])


@pages.get("/backup/household.yaml")
@open_to("parent")
def download() -> Response:
    """The family's rules; no passwords, and nothing of what was asked."""
    text = export.write(house.household())
    day = datetime.fromtimestamp(house.now(), language.zone())
    answer = Response(text, mimetype="application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="filterdns-{day:%Y-%m-%d}.yaml"'
    return answer


@pages.post("/backup/look")
@open_to("parent", most_bytes=MOST_BYTES + _ROOM)
def look() -> AnyResponse | str:
    """What this file would change; it waits for the word to do so."""
    upload = request.files.get("file")
    content = upload.read(MOST_BYTES + 1) if upload else b""
    if not content:
        return typed_again(render_template("backup.html", faults=[_("Choose a file first.")]))
    if len(content) > MOST_BYTES:
        return typed_again(render_template("backup.html", faults=[_("This file is larger than 1 MiB.")]))
    try:
        wanted = _read(content)
    except (DocumentError, RuleError) as error:
        lines = error.lines if isinstance(error, DocumentError) else [sentence(error)]
        return typed_again(render_template("backup.html", faults=lines[:_MOST_SHOWN], more=len(lines) - _MOST_SHOWN))
    try:
        publish.publish(_waiting(), content, keep_previous=False)
    except OSError:
        return typed_again(_refused(_("This box cannot write just now. Its disk may be full.")))
    found = compare(house.household(), wanted)
    return render_template("backup_look.html", changes=found, wanted=wanted, digest=_digest(content))


@pages.post("/backup/restore")
@open_to("parent")
def restore() -> AnyResponse:
    """Put the file in the place of everything; what was before can be had back by undoing it."""
    try:
        content = _waiting().read_bytes()
        if _digest(content) != request.form.get("digest"):
            raise FileNotFoundError
        wanted = _read(content)
    except (OSError, DocumentError, RuleError):
        house.say("bad", _("That file is not here any more. Choose it again."))
        return redirect(url_for("backup.form"), 303)
    done = change(
        _("Put back a backup"),
        lambda known: changes.with_known_ids(wanted, known),
        home(),
        _refused,
        _("It is put back."),
    )
    with contextlib.suppress(OSError):
        _waiting().unlink()
    return done


def _read(content: bytes) -> Household:
    """Raises DocumentError and RuleError."""
    wanted = document.read(content, _("line"), builtin.knowledge().services)
    changes.check(wanted)
    return wanted


def _refused(fault: str) -> str:
    return render_template("backup.html", faults=[fault])


def _waiting() -> Path:
    return house.state() / _WAITING


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
