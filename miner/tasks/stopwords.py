"""English words that name no topic: function words, common verbs, adverbs, numbers, measures."""

# ruff: noqa: E501, SIM905 - a list of words

from __future__ import annotations

ENGLISH = frozenset(
    """
    a about above across act acts actual add added after again against age ago all almost along already
    also although always am among amount an and another any anyone anything appear appeared appears are
    area areas around as ask asked at available away back bad based be became because become becomes
    been before began begin begins behind being believe believed best better between big billion born
    both bring brought build built but by call called calls came can cannot case cases cause caused causes
    century certain change changed changes clear close come comes common complete consider considered
    contain contains could couple course day days dead did die died different do does doing done don't down
    during each earlier early easily easy eight either else end ended ends enough especially etc even ever
    every everyone everything example examples fact famous far few find finds first five followed
    following follows for form former formed found four from full further gave general get gets getting
    give given gives go goes going good got great group groups grow had half happen happened happens hard
    has have having he held help helped helps her here high higher him himself his hold how however
    hundred i idea ideas if important in include included includes including instead into is it its itself
    january february march april may june july august september october november december just keep kept kind
    kinds knew know known knows large larger largest last late later latter lead least leave led left less
    let lies life like likely list little live lived lives living local long longer look looked looks
    lot lots low made main mainly make makes making man many married matter may maybe me mean meaning means
    men met might million modern monday month months more most mostly mr mrs much must my name named
    names near nearly need needed needs never new next night nine no non nor not nothing now number
    numbers of off often old older on once one ones only open opened or order other others our out outside
    over own page part parts pass passed past people percent perhaps person piece place placed places play
    played plays point points popular possible present problem problems put quite rather reach reached
    real really reason reasons received recent recently related remain result results right said same
    saw say says scene second see seen sees seven several shall she short should show showed shown shows
    side similar simple since single site six small so some someone something sometimes somewhat soon
    sort special start started starts state states stay still stop stopped strong such sure system
    take taken takes taking tell ten term terms than that the their them themselves then there therefore
    these they thing things think third this those though thought thousand three through thus time times to
    today together told too took top total toward towards tried true try turn turned two type types
    under united until up upon us use used useful uses using usually various very view want wanted wants
    was way ways we week weeks well went were what when where whether which while who whole whom whose why
    wide will with within without woman women won word words work worked working works world would write
    writes written wrote year years yes yet you young your sunday tuesday wednesday thursday friday saturday
    it's that's there's he's she's don't doesn't didn't isn't aren't wasn't weren't can't i'm you're we're
    they're i've you've we've they've won't wouldn't couldn't shouldn't free click read post posts blog
    send sends sent eat eats ate drink drinks buy buys bought sell sells sold kill kills fight fights lose loses
    learn learns learned teach teaches taught move moves speak speaks spoke sing sings sang watch sees visit visits
    carry carries hit hits cut cuts pay pays paid serve serves grow grows grew fly flies rise rises rose fall falls
    fell draw draws drew protect protects produce produces create creates increase reduce cover covers cross crosses
    join joins joined lost ride rides choose chose travel travels return returns spend spent marry marries wear wears
    online north south east west northern southern eastern western due eldest downtown upward downward
    mile miles yard yards metre metres meter meters kilometre kilometres km feet foot inch inches average
    lead led makes made leads run runs ran allow allows allowed able feel feels set sets comes came live
    """.split()
)
