"""Devices: whose they are, what they are called; new ones on the front page, given with a tap."""

from dataclasses import replace
from functools import partial

from flask import Blueprint, abort, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from filterdns.admin import gate, house, person
from filterdns.admin.change import change, home, refused, typed_again
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.sightings import Sighting, all_of_them, newcomers
from filterdns.household import edits
from filterdns.household.makers import maker_of
from filterdns.policy.rules import GUESTS, Device, RuleError, canonical_address, canonical_mac

pages = Blueprint("devices", __name__)

_MOST_NEW = 4
"""On the front page; the others are on the page of devices."""


@pages.get("/devices")
@open_to("viewer")
def all() -> str:  # noqa: A001 - the endpoint's name: devices.all
    """Everything that is known or was seen."""
    found = all_of_them()
    fresh = newcomers(found, house.now())
    known = [one for one in found if one.id]
    owners = [(name, [one for one in known if person.called(one.person) == name]) for name in _owners()]
    return render_template(
        "devices.html",
        fresh=fresh,
        owners=[(name, held) for name, held in owners if held],
        others=[one for one in found if not one.id and one not in fresh],
        owner_choices=_choices(),
        visitor=request.remote_addr,
    )


@pages.get("/devices/<int:key>")
@open_to("viewer")
def one(key: int) -> str:
    """All about a device."""
    return _page(_sighting(key))


@pages.post("/devices/give")
@open_to("parent")
def give_new() -> Response:
    """A device that is not known yet, by its hardware address or its address, to a person (0: to nobody)."""
    then = home() if "home" in request.form else url_for(".all")
    owner = _owner()
    try:
        mac = canonical_mac(request.form["mac"]) if request.form.get("mac") else None
        address = canonical_address(request.form.get("address", "")) if mac is None else None
        name = " ".join(request.form.get("name", "").split()) or (maker_of(mac) if mac else "") or _("Device")
        device = Device(name, owner, mac, address)
    except RuleError as error:
        return refused(error, then)
    return change(_belongs(name, owner), partial(edits.claim, device=device), then)


@pages.post("/devices/<int:key>/give")
@open_to("parent")
def give(key: int) -> Response:
    """A known device to somebody else."""
    known, owner = _device(key), _owner()
    edit = partial(edits.change_device, key=key, change=lambda one: replace(one, person=owner))
    return change(_belongs(known.name, owner), edit, _path(key))


@pages.post("/devices/<int:key>/rename")
@open_to("parent")
def rename(key: int) -> Response:
    """Another name."""
    known, name = _device(key), " ".join(request.form.get("name", "").split())
    taken = [one.name.casefold() for one in house.household().devices if one.id != key]
    if not name or name.casefold() in taken:
        fault = _("There is another %(name)s already.", name=name) if name else _("A name is missing.")
        return typed_again(_page(_sighting(key), name, fault))
    return change(
        _("%(old)s is called %(name)s", old=known.name, name=name),
        partial(edits.change_device, key=key, change=lambda one: replace(one, name=name)),
        _path(key),
        lambda said: _page(_sighting(key), name, said),
    )


@pages.post("/devices/<int:key>/merge")
@open_to("parent")
def merge(key: int) -> Response:
    """Another entry is the same device."""
    known, other = _device(key), _device(request.form.get("other", 0, type=int))
    title = _("%(one)s and %(other)s are one device", one=known.name, other=other.name)
    return change(title, partial(edits.merge_devices, kept=key, other=other.id), _path(key))


@pages.post("/devices/<int:key>/forget")
@open_to("parent")
def forget(key: int) -> Response:
    """If it asks again, it is new."""
    title = _("%(device)s forgotten", device=_device(key).name)
    return change(title, partial(edits.forget_device, key=key), url_for(".all"))


@pages.app_template_global("newcomers")
def offered() -> Markup:
    """For the front page: new devices, each with one button a person; nothing if there are none."""
    fresh = newcomers(all_of_them(), house.now()) if gate.may("parent") else []
    return Markup(  # noqa: S704 - a template of ours, which escapes what is put into it
        render_template(
            "newcomers.html", fresh=fresh[:_MOST_NEW], more=len(fresh) - _MOST_NEW, owner_choices=_choices()
        )
    )


def _page(found: Sighting, name: str = "", fault: str = "") -> str:
    household = house.household()
    return render_template(
        "device.html",
        device=found,
        name=name or found.name,
        fault=fault,
        owner=person.called(found.person),
        owner_choices=_choices(),
        mergeable=[
            (other.id, other.name)
            for other in household.devices
            if other.id != found.id and not (found.mac and other.mac)
        ],
    )


def _choices() -> list[tuple[int, str]]:
    """(id, name) of everybody who can own a device; the guests, who own what nobody has claimed, last."""
    people = [(one.id, one.name) for one in house.household().people if one.name != GUESTS]
    return [*people, (0, person.called(None))]


def _owners() -> list[str]:
    return [name for _key, name in _choices()]


def _owner() -> str | None:
    """Who was chosen; None: nobody."""
    key = request.form.get("person", type=int)
    if key is None:
        abort(400)
    return person.found(key).name if key else None


def _belongs(device: str, owner: str | None) -> str:
    return _("%(device)s belongs to %(person)s", device=device, person=person.called(owner))


def _device(key: int | None) -> Device:
    found = next((device for device in house.household().devices if device.id == key), None)
    if found is None:
        abort(404)
    return found


def _sighting(key: int) -> Sighting:
    _device(key)
    return next(found for found in all_of_them() if found.id == key)


def _path(key: int) -> str:
    return url_for(".one", key=key)
