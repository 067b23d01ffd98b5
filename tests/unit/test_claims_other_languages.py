"""Other languages: kinds of phrases weigh figures, days, ways and culprits; signs, pesos and beginnings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from clawback.claims.claim import Claim
from clawback.claims.extract import extract_claims
from clawback.claims.figures import find_figures
from clawback.claims.inflection import Verbs
from clawback.claims.lexicon import LANGUAGES, lexicon_of
from clawback.claims.other_cues import concepts, cues_beside
from clawback.claims.other_scope import is_about_theft
from clawback.claims.phrases import Lexicon
from clawback.claims.reading import read

PUBLISHED = date(2024, 5, 14)

GERMAN = (
    "Unbekannte haben am Sonntag die Handelsplattform Isarwechsel um 3,4 Millionen Euro gebracht. "
    "Die Täter gelangten über einen gestohlenen Schlüssel an die Wallets und schleusten die Beute durch "
    "einen Mixer. Eine Börse hat 120.000 Euro eingefroren. Wer dahintersteckt, ist unklar. "
    "Die Kunden werden aus Rücklagen vollständig entschädigt."
)
CHINESE = (
    "交易所碧湖週日遭駭客入侵,損失約新臺幣1億2,300萬元的泰達幣。"
    "駭客利用外洩的私鑰入侵伺服器。贓款隨後透過混幣器洗白。"
    "碧湖表示,用戶損失將由公司全額賠償。駭客身分不明。"
)
RUSSIAN = (
    "Хакеры похитили 410 биткоинов клиентов биржи «Ладога» в ночь на 12 мая. "
    "Злоумышленники получили доступ к "
    "приватным ключам через заражённый ноутбук сотрудника. Биржа заморозила 15 биткоинов. "
    "Кто стоит за атакой, неизвестно. Пострадавшим клиентам компания возместит все потери."
)
FINE = (
    "Die Finanzaufsicht hat gegen einen Verwahrer ein Bußgeld von 2 Millionen Euro verhängt. "
    "Das Institut habe Meldungen zu spät abgegeben. Kunden haben kein Geld verloren."
)


def claims(text: str, language: str, title: str = "") -> list[Claim]:
    return list(extract_claims(text, title=title, published=PUBLISHED, language=language).claims)


def told(text: str, language: str, title: str = "") -> set[str]:
    return {
        f"{claim.claim_type} {claim.value} {claim.unit}" if claim.value is not None else claim.claim_type
        for claim in claims(text, language, title)
    }


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        (GERMAN, "de", {"loss 3400000 EUR", "frozen 120000 EUR", "laundering_method", "made_whole"}),
        (CHINESE, "zh", {"loss 123000000 TWD", "technique", "laundering_method", "made_whole"}),
        (RUSSIAN, "ru", {"loss 410 BTC", "frozen 15 BTC", "technique", "attribution", "made_whole", "date"}),
    ],
)  # fmt: skip
def test_a_report_gives_its_claims_in_each_language(text: str, language: str, wanted: set[str]) -> None:
    assert wanted <= told(text, language, text.split("。")[0][:40])


def test_every_quotation_is_in_the_text_and_no_longer_than_it_need_be() -> None:
    for text, language in ((GERMAN, "de"), (CHINESE, "zh"), (RUSSIAN, "ru")):
        for claim in claims(text, language):
            assert text[claim.start : claim.end] == claim.quote
            assert len(claim.quote) < len(text) // 2


def test_a_fine_is_no_theft() -> None:
    reading = read(FINE, title="Bußgeld gegen Verwahrer", published=PUBLISHED, language="de")
    assert not is_about_theft(reading)
    assert claims(FINE, "de", "Bußgeld gegen Verwahrer") == []
    assert is_about_theft(read(GERMAN, title="Isarwechsel bestohlen", published=PUBLISHED, language="de"))


def test_a_kind_is_the_same_cue_in_every_language() -> None:
    """A verb of theft right behind its figure, within the clause."""
    for text, language in (
        ("12 BTC gestohlen.", "de"),
        ("12 BTC robados.", "es"),
        ("12 BTC похищены.", "ru"),
    ):
        sentence = read(text, language=language).sentences[0]
        cues = cues_beside(sentence, 0, 1, concepts(sentence), language)
        assert {"> loss", ">0 loss", "in loss"} <= cues


def test_a_word_is_found_by_its_beginning() -> None:
    lexicon = Lexicon(Verbs({}))
    lexicon.add("role", "loss=", "похищ+|краж+ * средств?")
    hits = lexicon.find(["похищенных", "на", "бирже"])["role"]
    assert [(hit.first, hit.last) for hit in hits] == [(0, 2)]
    assert lexicon.find(["похоже"]) == {}
    lexicon.add("role", "frozen=", "счет+ заморож+")
    assert [hit.tag for hit in lexicon.find(["счета", "заморожены"])["role"]] == ["frozen="]


def test_traditional_signs_are_read_as_simplified_and_quoted_as_they_stand() -> None:
    sentence = read("駭客盜走資產。", language="zh").sentences[0]
    assert sentence.of("thief")
    assert any(hit.tag.startswith("loss") for hit in sentence.of("role"))
    assert any("駭客" in claim.quote or "盜" in claim.quote for claim in claims(CHINESE, "zh"))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("損失約新臺幣1億2,300萬元", "123000000", "TWD"),
        ("2천100억원을 가로챘다", "210000000000", "KRW"),
        ("USDC 278万が流出した", "2780000", "USDC"),
        ("价值140余万元", "1400000", "CNY"),
        ("5만 홍콩달러를 압수", "50000", "HKD"),
    ],
)
def test_sums_in_signs(text: str, value: str, unit: str) -> None:
    assert [(figure.value, figure.unit) for figure in find_figures(text, in_signs=True)] == [
        (Decimal(value), unit)
    ]


def test_coins_that_are_only_counted_have_the_unit_of_those_before() -> None:
    found = find_figures("被盗310枚比特币,其中19枚已冻结。3个地址", in_signs=True)
    assert [(figure.value, figure.unit) for figure in found] == [(Decimal(310), "BTC"), (Decimal(19), "BTC")]


def test_a_peso_is_that_of_the_country_the_text_names() -> None:
    text = "robaron 900 millones de pesos en {}"
    units = [
        find_figures(text.format(place), continental=True)[0].unit for place in ("Bogotá", "Chile", "la sede")
    ]
    assert units == ["COP", "CLP", "ARS"]


def test_who_speaks_in_signs() -> None:
    found = {claim.claim_type: claim.asserted_by for claim in claims(CHINESE, "zh")}
    assert found["made_whole"] == "碧湖"


def test_every_lexicon_can_be_used() -> None:
    for language in sorted(LANGUAGES):
        assert lexicon_of(language).find(["nothing"]) is not None
