"""Lines and marks that belong to a page and not to its text: what extraction leaves behind.

Patterns over a single line, anchored or bound to short lines wherever the same words also occur in
prose. A rule's `words`, `signs` and `heads` must cover all of its patterns: no line may match that has
none of them.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line
from __future__ import annotations

from collections.abc import Iterator

from miner.checks.line_rules import MAX_FURNITURE, Furniture, Line, Mark, Phrase, Rule, Seen

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = rf"(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|{_MONTH} \d|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH})"
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_NETWORK = r"(?:facebook|twitter|x|instagram|pinterest|linkedin|youtube|whatsapp|tumblr|reddit)"


RULES: tuple[Rule, ...] = (
    Furniture(
        "navigation",
        r"^\W*(?:home|start|you are here:?.*)\s*(?:>>?|»|›|/|\||→)\s*\S",
        r"^\W*(?:previous|next|older|newer)\s*(?:post(?!al|er|ing|pon|ur)|article|entry\b|entries\b|page\b|story\b)",
        r"^\W*(?:previous|next)\s+(?:previous|next)\s+post",
        r"^\W*(?:skip to (?:main )?content|back to top|main menu|menu|table of contents)\W*$",
        r"^\W*(?:read|see|view|show|load|continue)\s+(?:more|all|reading|the full (?:story|article))\b"
        r".{0,40}$",
        r"\bpage \d+ of \d+\b",
        r"\bplaceholder page\b",
        r"^\W*back to (?:text|article|list|results)\b",
        r"^\W*(?:home|about(?: us)?|contact(?: us)?|blog|news|shop|login|log in|register|faqs?|"
        r"services|products)(?:\s*[|•·/]\s*(?:[\w' ]{2,20})){2,}",
        r"^\W*(?:related|recent|popular|similar|more) (?:posts?|articles?|stories|news|products?|"
        r"items)\W*$",
        r"\bbookmark the permalink\b",
        r"^\W*(?:you are|you're) (?:here|currently viewing)\b",
        r"^\W*(?:showing|displaying) \d+.{0,20}\bof \d+",
        r"\b(?:next|previous) post\W*$",
        heads=(
            "home, start, you, previous, next, older, newer, skip, back, main, menu, table, "
            "read, see, view, show, load, contact, about, blog, news, shop, login, log, "
            "register, faq, faqs, services, products, related, recent, popular, similar, more, displaying"
        ),
        words="page, placeholder, permalink, post",
    ),
    Furniture(
        "legal",
        r"\ball rights reserved\b",
        r"(?:^\W*©)",
        r"^\W*disclaimer\s*:",
        r"\bcontent (?:included )?(?:in|on) this (?:web ?)?site\b",
        r"\buse of this (?:web ?)?site (?:shall|is|constitutes)\b",
        r"(?:^|\s)(?:copyright\s*)?(?:©|\(c\))\s*(?:copyright)?.{0,60}\b(?:19|20)\d\d\b",
        r"^\W*copyright\b.{0,80}\b(?:19|20)\d\d\b",
        r"^\W*(?:privacy policy|terms (?:of|and) (?:use|service|conditions)|disclaimer|sitemap)\b"
        r".{0,30}$",
        heads="disclaimer, copyright, privacy, terms, sitemap",
        words="reserved, site, website",
        signs="©, (c)",
    ),
    Furniture(
        "share",
        rf"^\W*(?:share|like|tweet|follow|find|join|pin|e-?mail)\s+(?:this|it|us|me|on|via)\b.{{0,60}}"
        rf"(?:{_NETWORK}|friend|page|post|article|story|link|:|$)",
        rf"^\W*(?:{_NETWORK}\W+){{1,}}(?:{_NETWORK}|e-?mail|print|rss|share)\W*$",
        r"^\W*(?:share|tweet|pin it|like this|e-?mail|print|share this|facebook|twitter)\W*\d*\W*$",
        rf"\b(?:follow|like|find|join|connect with|visit) (?:us|me)\b.{{0,30}}\bon {_NETWORK}\b",
        r"\blike (?:us|our page) on\b",
        r"^\W*share (?:your|it|yours|them)\b.{0,60}\b(?:comments?|below|here|with us)\b",
        r"\b(?:like|follow)\b.{0,12}\band share (?:my|our|this)\b",
        rf"^\W*(?:please )?follow\b.{{0,60}}\bon {_NETWORK}\b",
        rf"\bfollow [#@]\w+ on {_NETWORK}\b",
        r"\bfeel free to share\b",
        heads=(
            "share, like, tweet, follow, find, join, pin, email, e, mail, please, facebook, twitter, "
            "x, instagram, pinterest, linkedin, youtube, whatsapp, tumblr, reddit, print"
        ),
        words=(
            "share, facebook, twitter, x, instagram, pinterest, linkedin, youtube, "
            "whatsapp, tumblr, reddit"
        ),
        signs="like us on, like our page on",
    ),
    Furniture(
        "byline",
        rf"^\W*(?:posted|published|updated|last (?:updated|modified)|written|reviewed|submitted|"
        rf"uploaded|created|added)\s*(?:on|at|by|in|:|\|)?\s*(?:\w+day,? )?(?:{_DATE}|by\b|:)",
        r"^\W*posted (?:by|in|on|under)\b.{0,100}$",
        r"\bthis (?:entry|post|article) was (?:posted|published|written|filed|tagged)\b",
        r"^\W*on behalf of .{3,60} posted in\b",
        r"^\W*(?:filed under|posted under|categories|category|tags?|tagged(?: with| as)?|labels|"
        r"keywords)\s*:",
        r"^\W*(?:photo(?:graph)?s?|images?|pictures?|video|source|credits?)\s*(?:credits?|courtesy|"
        r"source|by|via)?\s*(?:of|by|:)\s*[A-Z@].{0,80}$",
        rf"^\W*by:? [A-Z][\w.'-]+(?: [A-Z][\w.'-]+){{1,3}}\s*(?:[|,•·–-]|on|at)\s*.{{0,20}}{_DATE}",
        r"^\W*by:? (?:admin|staff|editor|guest)\b.{0,60}$",
        r"^\W*by:? \w+ in forum\b",
        r"\bcomments? off on\b",
        r"^\W*no comments? (?:for|on)\b",
        r"(?:\b20\d\d\b.{0,30}\b|^\W*)\d+ comments?\b",
        r"^\W*(?:leave a (?:reply|comment)|\d+ (?:comments?|replies|responses|views|likes)|"
        r"no comments(?: yet)?|comments (?:are closed|off)|reply)\b.{0,40}$",
        r"\b\d+ min(?:ute)?s? read\b",
        r"^\W*by:? (?-i:[A-Z][\w.'-]+(?: [A-Z][\w.'-]+){1,3})(?:,? (?:ph\.? ?d|m\.? ?d|staff writer)\W*)?$",
        r"\bhasn't left a comment\b",
        r"^\W*(?:date|author|written by|reporter|editor)\s*:\s*\S.{0,60}$",
        heads=(
            "post, published, updated, last, written, reviewed, submitted, uploaded, created, added, on, filed, "
            "categories, tag, tags, tagged, labels, keywords, photo, image, picture, video, source, credit, "
            "by, no, leave, comments, reply, date, author, reporter, editor, 0"
        ),
        words="entry, post, article, comment, comments, read",
    ),
    Furniture(
        "call_to_action",
        r"^\W*(?:please )?(?:click|tap|press) (?:here|below|the (?:link|button))\b",
        r"\b(?:click|tap) (?:here|on the link|the link)\b",
        r"\b(?:subscribe|sign up|signup|register)\b.{0,40}\b(?:newsletters?|mailing list|updates|"
        r"e-?mails?|rss|channel|today|now|for free|here|below)\b",
        r"\bjoin our (?:mailing list|newsletter|community|list)\b",
        r"\b(?:contact|call|e-?mail|visit|phone|message) us\b.{0,60}\b(?:today|now|at|on|for|to|by|if|"
        r"online)\b",
        r"^\W*(?:contact us|call us|buy now|order now|shop now|book now|add to (?:cart|basket)|"
        r"learn more|find out more|get started|download now|try it (?:now|free)|apply now|donate|"
        r"enquire now|request a quote)\W*$",
        r"^\W*(?:buy|order|shop|book|call|apply|donate|register|download|enrol+|act|reserve)\b.{0,60}"
        r"\b(?:now|today|online)[!.]*$",
        r"\b(?:please |do not hesitate to |feel free to |don't hesitate to )(?:contact|call|email|get "
        r"in touch)\b",
        r"\bfor more (?:information|info|details)\b.{0,30}\b(?:visit|contact|call|click|see|e-?mail|"
        r"go to)\b",
        r"\bget in touch(?: with us)?\b.{0,20}[!.]?$",
        r"\b(?:sign up|register|apply|submit it|order|enrol+|donate|enter|rsvp|buy it|go) here\b\W*$",
        r"\bcan (?:also )?(?:contact|call|e-?mail|reach) us\b",
        r"\b(?:learn|read|find out|see) more\b.{0,60}\b(?:at|on) (?:https?:|www\.|our)",
        r"\b(?:find out more|information|details|info)\b.{0,60}\b(?:please |can )?(?:go to|visit|see)\b.{0,12}"
        r"(?:https?:|www\.)",
        r"^\W*(?:for|to) (?:additional|more|further|find out more)\b.{0,60}\b(?:visit|go to|contact|call)\b",
        r"^\W*subscribe (?:to|now|today|here)\b",
        r"^\W*check out (?:our|my|this|these|the)\b.{0,120}!",
        r"\b(?:book|check out|order|buy|call|shop|apply|register|subscribe) (?:now|today)(?: and save.*)?\s*[!.]*$",
        r"^\W*special offer\b",
        r"^\W*download (?:the|our|your|now|free|this|here|[\"“'])",
        r"\bshare it here\b",
        r"\bcheck (?:out )?(?:our|the|this) (?:[\w-]+ ){0,2}(?:video|blog|page|site|store|gallery)\b",
        r"\bvisit our\b.{0,40}\b(?:page|blog|site|store|website|shop|showroom|faq)\b",
        r"\bfor more information\b.{0,60}\bbrowse\b",
        r"^\W*(?:please )?enter (?:your|some)\b.{0,80}\bbelow\b",
        r"\b(?:add|leave|post|write) (?:any|your|a) comments?\b",
        r"\bin the comments?(?: section)?(?: below)?\s*[!.]*$",
        r"^\W*click (?:on )?(?:the )?(?:\w+ ){1,4}(?:below|above|to (?:add|download|see|view|buy|order))\b",
        r"^\W*say thanks by\b",
        r"\bgive it here\b",
        r"\bsend us (?:a|an|your)\b",
        r"\bleave (?:a|your) comments?\b",
        r"\blet (?:us|me) know (?:in|what you|if you)\b",
        r"^\W*(?:visit|check out) (?:our|my) \w+.{0,60}[!.]$",
        heads=(
            "please, click, tap, press, contact, call, buy, order, shop, book, add, learn, "
            "find, get, download, try, apply, donate, enquire, request, register, enrol, act, reserve, for, "
            "to, subscribe, check, special, enter, say, visit"
        ),
        words=(
            "click, tap, subscribe, sign, signup, register, join, contact, call, "
            "email, mail, visit, phone, message, touch, here, reach, http, https, www, "
            "now, today, check, comment, comments, send, let"
        ),
        signs="for more , learn more, read more, find out more, see more",
    ),
    Phrase(
        "cookie",
        r"\b(?:this|our|the) (?:web ?)?site uses cookies\b",
        r"\bwe use (?:\w+ ){0,2}cookies\b",
        r"\bby (?:continuing|using|browsing|clicking)\b.{0,60}\b(?:agree|consent|accept)\b.{0,60}"
        r"\b(?:cookies?|terms|policy)\b",
        r"\b(?:accept|manage|reject)(?: all)? cookies\b",
        r"\bcookies? (?:policy|settings|preferences|notice)\b",
        r"\byour browser (?:does not|doesn't|isn't|is not) support",
        r"\btry a different browser\b",
        r"\b(?:enable|turn on) javascript\b",
        r"\bplease (?:disable|turn off) your ad ?blocker\b",
        r"\bprotected from spam ?bots\b",
        words=(
            "cookie, cookies, agree, consent, accept, browser, javascript, blocker, "
            "adblocker, spam, spambots"
        ),
        signs=(
            "cookie, by continuing, by using, by browsing, by clicking, javascript, "
            "browser, blocker, spam"
        ),
    ),
    Phrase(
        "dangling",
        r"\b(?:in|on|from|of|throughout) (?:this|today's|my last|our last|the previous|my previous|our "
        r"previous|an earlier) (?:blog )?(?:blogpost|post|article|blog|video|episode|podcast|page|website|"
        r"tutorial|thread)\b",
        r"\bthis (?:blog post|post|article|page|video|tutorial|episode) (?:will|explains|covers|"
        r"describes|is about|shows|discusses|contains|was written)\b",
        r"\b(?:for|started|wrote|writing|of) this (?:blog ?)?post\b",
        words=(
            "post, blogpost, article, blog, video, episode, podcast, page, website, "
            "tutorial, thread"
        ),
        signs=(
            "this post, this blog, this article, this video, this episode, "
            "this podcast, this page, this website, this tutorial, this thread, "
            "today's , my last , our last , previous , an earlier "
        ),
    ),
    Phrase(
        "dangling",
        r"\bas (?:(?:i|we) )?(?:mentioned|discussed|described|noted|stated|explained|said|seen|shown|"
        r"pictured)(?: \w+)? (?:above|below|earlier|previously|before|in my last|in our last)\b",
        words=(
            "mentioned, discussed, described, noted, stated, explained, said, seen, shown, pictured"
        ),
        signs=(
            "as mentioned, as discussed, as described, as noted, as stated, "
            "as explained, as said, as seen, as shown, as pictured, as i , as we "
        ),
    ),
    Phrase(
        "dangling",
        r"\b(?:see|as|shown|watch|explained|listed|click|pictured) (?:above|below)\b",
        r"\b(?:buttons?|menu|list|gallery|box|icons?|thumbnails?|tools|slideshow|tables?|figures?|charts?|images?|photos?|pictures?|diagrams?|graphs?|videos?|maps?|screenshots?|links?) (?:above|below|to the (?:left|right)|on the (?:left|right))\b",
        r"\bthe form below\b",
        r"\b(?:listings?|deals|instructions|resources|information|details|card|availability|directions|options) (?:\w+ ){0,3}below\b",
        r"(?:^|[.!?] )\W*below (?:we|you|is|are|will)\b",
        words="above, below, left, right",
        signs="above, below, to the left, to the right, on the left, on the right",
    ),
    Phrase(
        "dangling",
        r"\bactual items? pictured\b",
        r"\b(?:above|following|below) (?:figure|image|photo|picture|diagram|screenshot|video|link)s?\b",
        r"\b(?:fig(?:ure)?|table) \d+(?:\.\d+)? (?:shows|below|above|lists|gives)\b",
        words="pictured, above, following, below, fig, figure, table",
        signs="pictured, above , following , below , fig, table ",
    ),
    Mark(
        "dangling",
        r"\((?:pictured|see (?:fig(?:ure)?|table|photo|image|map|chart|picture)|left|right|above|below)"
        r"[^)]{0,30}\)",
        signs="(",
    ),
    # Marks that lost markup leaves, each with its own signs: most texts have none of the rare ones.
    Mark(
        "wiki",
        r"[(\[（](?:\s*+[,;:·–-]*+\s*+[)\]）]|(?<=[(（])(?:\s*+[,;:–-]\s+\S|[,;]))",
        signs="(, [, （",
    ),
    Mark("wiki", r"[a-z)][.!?]p\d+\b|\bB?CE?\.p\d", signs=".p, !p, ?p"),
    Mark(
        "wiki",
        rf"[0-9](?=[jfmasond])(?<=\d{{4}})(?:{'|'.join(_MONTHS)})\b",
        signs=", ".join("0123456789"),
    ),
    Mark("wiki", r"\(born\s*\)", signs="(born"),
    Mark("wiki", r"\bformula_\d+", signs="formula_"),
    Mark("wiki", r"^\s*(?:\{\||\|\}|\|-|!\s)", signs="|, !"),
    Mark("wiki", r"\|\||\{\{|\}\}|\[\[|\]\]", signs="|, {, }, [, ]"),
    Mark("wiki", r"&(?:lt|gt|amp|nbsp|quot|#\d+|#x[0-9a-f]+);", signs="&"),
    Mark(
        "wiki",
        r"</?(?:ref|br|div|span|nowiki|sup|sub|small|table|math|p|a|b|i)\b[^>]{0,80}>",
        signs="<",
    ),
    Mark(
        "wiki",
        r"__[A-Z]{4,}__|\bthumb\||\\displaystyle|" "\ufffd",
        signs="__, |, \\, \ufffd",
    ),
    Mark(
        "wiki",
        r"\[(?:edit|citation needed|clarification needed|when\?|who\?)\]",
        signs="[",
    ),
)
"""In the order in which they are asked; the first that holds names the line."""

WORDS = frozenset().union(*(rule.words for rule in RULES))


def furniture(line: str) -> str:
    """The kind of page furniture that a line is, or empty."""
    return next((kind for kind, _ in furnishings(line)), "")


def furnishings(text: str) -> Iterator[tuple[str, str]]:
    """Kind and line of each line of a text that is page furniture.

    Words are looked for in the whole text at first, so that a clean text costs no more than that.
    """
    seen = Seen.of(text, WORDS)
    rules = [(rule, near) for rule in RULES if (near := rule.near(seen)) is not None]
    of_any_length = [(rule, near) for rule, near in rules if rule.longest > MAX_FURNITURE]
    for each in seen.lines:
        tried = rules if len(each) <= MAX_FURNITURE else of_any_length
        if not tried:
            continue
        line = Line.of(each)
        for rule, near in tried:
            if rule.holds(line, near):
                yield rule.kind, each
                break
