"""Categories in words for parents: a name, one line on why it matters, one on what DNS cannot do about it."""

from typing import NamedTuple

from filterdns.admin.language import gettext, mark
from filterdns.blocklists import builtin


class Text(NamedTuple):
    """A category's texts, in English; `gettext` makes them the reader's."""

    title: str
    why: str
    limit: str


TEXTS = {
    "adult": Text(
        mark("Pornography"),
        mark("Made for adults. Children often meet it by accident, and it frightens or misleads them."),
        mark("Sites that are only partly for adults, such as forums, are open or blocked as a whole."),
    ),
    "dating": Text(
        mark("Dating"),
        mark("Adults look for partners there. Nobody checks reliably how old the other one is."),
        mark("Strangers flirt in games and messengers too, where this filter sees nothing of what is said."),
    ),
    "chat": Text(
        mark("Chat with strangers"),
        mark("Random partners by text and camera, nobody in charge, and where those look who seek children."),
        mark("Chat inside games and other apps comes with the app, and cannot be blocked alone."),
    ),
    "messengers": Text(
        mark("Messengers"),
        mark("Good for friends and family. Groups also bring strangers, pressure and pictures nobody asked for."),
        mark("What is written is not seen, by us neither. SMS and calls do not pass through here."),
    ),
    "p2p": Text(
        mark("File sharing"),
        mark("Programs that fetch files from strangers. What comes may be harmful, for adults, or illegal."),
        mark("It keeps such programs from finding others; a transfer that runs already goes on."),
    ),
    "live": Text(
        mark("Live streams and webcams"),
        mark("Anybody broadcasts, with no time to check anything. Children are asked for more than they want to show."),
        mark("Live streams inside other apps, as in TikTok or YouTube, come with the app and cannot be blocked alone."),
    ),
    "games": Text(
        mark("Online games"),
        mark("Fun with friends. Many are made to be hard to stop, cost money, and let strangers talk along."),
        mark("A game that needs no internet goes on. A round that runs already may not end at once."),
    ),
    "social": Text(
        mark("Social media"),
        mark("Much of young life. Endless feeds, comparison and strangers come with it, and most set an age of 13."),
        mark("All of a site or nothing: one person or one video on it cannot be blocked here."),
    ),
    "gambling": Text(
        mark("Gambling and betting"),
        mark("Against the law for minors in most countries, and made to keep people playing."),
        mark("Boxes of chance in games, bought with real money, are part of the game."),
    ),
    "drugs": Text(
        mark("Drugs"),
        mark("Shops and instructions for drugs, vaping and pills. Helplines stay open."),
        mark("Most are offered in messengers and social media, which this filter cannot look into."),
    ),
    "violence": Text(
        mark("Cruelty and weapons"),
        mark("Pictures of real violence, which stay in a child's head for long, and shops for weapons."),
        mark("Such videos are passed on in messengers and social media too, where they cannot be told from others."),
    ),
    "selfharm": Text(
        mark("Self-harm"),
        mark("Places that praise hurting or starving oneself. Helplines are open to everybody, always."),
        mark("Few such places have a name of their own. Talking and listening help more than any filter."),
    ),
    "hate": Text(
        mark("Hate and extremism"),
        mark("Groups that look down on others and look for young members."),
        mark("Most of it is spread in social media and in the chats of games."),
    ),
    "piracy": Text(
        mark("Pirated films and programs"),
        mark("They live on false buttons, harmful programs and advertising for adults. Using them can cost a fine."),
        mark("New addresses come up every week; the lists follow with a delay."),
    ),
    "video": Text(
        mark("Films and videos"),
        mark("Nothing bad in itself. Some families close it in homework hours."),
        mark("Single films or channels cannot be chosen. For YouTube there is the restricted mode."),
    ),
    "shopping": Text(
        mark("Shopping"),
        mark("Nothing bad in itself. Some families want purchases made together."),
        mark("Purchases inside games and app shops are settled by the device: set a password there."),
    ),
    "ai": Text(
        mark("AI chats and pictures"),
        mark("Helpful for homework, sometimes wrong, sometimes the only friend. Many ask for an age of 13 or 18."),
        mark("Assistants built into search engines and messengers come with them."),
    ),
    "ads": Text(
        mark("Advertising"),
        mark("Fewer banners and fewer tricks; pages load faster."),
        mark("Advertising from the site itself, as in YouTube, stays. Now and then a page misses something."),
    ),
    "tracking": Text(
        mark("Trackers"),
        mark("Companies that follow across sites what a child looks at, and sell it."),
        mark("What a site or an app notes down by itself is not touched. Now and then a page misses something."),
    ),
    "malware": Text(
        mark("Harmful programs"),
        mark("Names that spread viruses or steer them. Blocked for everybody, always."),
        mark("New ones live for hours. Keep devices up to date, and do not open what nobody expected."),
    ),
    "phishing": Text(
        mark("Fraud"),
        mark("Copies of banks, shops and parcel services that ask for passwords. Blocked for everybody, always."),
        mark("New ones live for hours. A message that hurries you is the best sign."),
    ),
    "bypass": Text(
        mark("Ways round the filter"),
        mark("VPNs, proxies and other DNS servers, with which none of these rules would hold."),
        mark("Mobile data and a neighbour's Wi-Fi do not pass through here. The router can close more."),
    ),
    "unsafe_search": Text(
        mark("Search engines without safe search"),
        mark("They cannot be made to leave out pages for adults. Closed wherever safe search is on."),
        mark("Anybody can run such an engine under a new name; the lists follow with a delay."),
    ),
    "illegal": Text(
        mark("Illegal pictures of abuse"),
        mark("Sites with pictures of abused children, from lists that an operator was given. Nobody can open them."),
        mark("Such lists are not public. What you come across, do not pass on: report it to your country's hotline."),
    ),
    "helplines": Text(
        mark("Help for children"),
        mark("Numbers and chats where somebody listens. Open to everybody, always, and nobody sees who looked there."),
        mark("Without any internet the telephone numbers still work."),
    ),
}  # fmt: skip
"""Of all that a parent may meet, in a steady order."""

GROUPS = (
    (mark("Contact with strangers"), ("chat", "dating", "live", "messengers", "social", "games")),
    (mark("Not for children"), ("adult", "gambling", "violence", "drugs", "selfharm", "hate")),
    (mark("Every day"), ("video", "shopping", "ai")),
    (mark("Technical"), ("bypass", "p2p", "piracy", "ads", "tracking")),
)
"""In which a parent switches them; malware and fraud have no switch."""

_PRESET_HOURS = (mark("Bedtime"), mark("Weekend bedtime"))


def category_name(category: str) -> str:
    """A category in the reader's language; what is none stays as it is."""
    return gettext(TEXTS[category].title) if category in TEXTS else category


def hours_name(name: str) -> str:
    """What hours are called: those of a preset in the reader's language, others as the parent calls them."""
    return gettext(name) if name in _PRESET_HOURS else name


def target_name(target: str) -> str:
    """A target (policy.rules) as people say it: "Roblox", "Online games", "example.org", "more time"."""
    kind, colon, about = target.partition(":")
    if target == "time":
        return gettext("more time")
    if not colon:
        return category_name(target)
    if kind == "service":
        service = builtin.knowledge().services.get(about)
        return service.name if service else about
    return about
