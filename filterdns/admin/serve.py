"""`filterdns admin`: the page in a process of its own; DNS does not notice when it ends."""

import logging

import waitress

from filterdns.admin.app import create_app
from filterdns.config import Config
from filterdns.start import see_that_page_can_listen


def run(config: Config) -> None:
    """Serve until told to stop. Raises CannotStartError if an address cannot be listened on."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    see_that_page_can_listen(config)
    addresses = " ".join(map(str, config.web_listen))
    waitress.serve(create_app(config), listen=addresses, threads=4, ident=None, max_request_body_size=1 << 16)
