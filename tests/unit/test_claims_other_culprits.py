"""Who is blamed, cleared or unknown in texts that are not English."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.claims.extract import extract_claims
from clawback.claims.other_culprits import culprits
from clawback.claims.other_people import people
from clawback.claims.reading import read


def _told(text: str, language: str) -> set[tuple[str | None, str | None]]:
    """By the rules alone, before anything is weighed."""
    reading = read(text, published=date(2024, 3, 14), language=language)
    return {(finding.actor, finding.stance) for finding in culprits(reading, language)}


def _people(text: str, language: str) -> list[str]:
    reading = read(text, language=language)
    return [agent.name for sentence in reading.sentences for agent in people(reading, sentence, language)]


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        (
            "de",
            "Nach dem Diebstahl wurde ein ehemaliger Mitarbeiter verhaftet.",
            "ein ehemaliger Mitarbeiter",
        ),
        ("es", "Tras el robo fue detenido un antiguo empleado.", "un antiguo empleado"),
        ("fr", "Après le vol, un ancien salarié a été interpellé.", "un ancien salarié"),
        ("ja", "警視庁は元役員の男を窃盗の疑いで逮捕した。", "元役員の男"),
        ("zh", "警方抓获王某等3人,三人涉嫌盗窃虚拟货币。", "王某等3人"),
    ],
)
def test_a_description_reaches_as_far_as_its_words(language: str, text: str, name: str) -> None:
    assert name in _people(text, language)


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("ru", "Кража приписывается группировке «Сова».", "Сова"),
        ("es", "El robo se atribuye al grupo Caimán Rojo.", "Caimán Rojo"),
        ("it", 'Il furto è attribuito alla banda "Civetta".', "Civetta"),
    ],
)
def test_a_group_is_called_by_the_name_behind_its_word(language: str, text: str, name: str) -> None:
    assert (name, "named") in _told(text, language)


def test_owners_and_victims_are_not_who_did_it() -> None:
    assert _people("会社役員の資産が盗まれた。", "ja") == []


@pytest.mark.parametrize("text", ["El mismo grupo robó 40 BTC.", "Este grupo criminal robó 40 BTC."])
def test_the_same_group_names_nobody(text: str) -> None:
    assert _people(text, "es") == []


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("es", "Nadie del equipo participó en el robo.", "Nadie del equipo"),
        ("de", "Nordkorea bestreitet, den Diebstahl begangen zu haben.", "DPRK"),
        ("zh", "没有证据表明内部人员参与盗窃。", "内部人员"),
        ("pt", "A empresa nega que algum insider tenha furtado as moedas.", "insider"),
    ],
)
def test_who_is_cleared(language: str, text: str, name: str) -> None:
    assert _told(text, language) == {(name, "denied")}


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        (
            "de",
            "Ein Techniker wurde nach dem Diebstahl festgenommen. Er bestreitet die Tat.",
            "Ein Techniker",
        ),
        ("fr", "Après le vol, un stagiaire a été arrêté. Il nie les faits.", "un stagiaire"),
        ("ru", "После кражи задержан программист. Он не признаёт вину.", "программист"),
    ],
)
def test_a_denial_without_a_name_is_that_of_the_culprit_told_of_last(
    language: str, text: str, name: str
) -> None:
    assert _told(text, language) == {(name, "named"), (name, "denied")}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Für den Beschuldigten im Diebstahl gilt die Unschuldsvermutung."),
        ("it", "Dopo il furto, il dipendente arrestato è innocente fino a sentenza definitiva."),
    ],
)
def test_that_everyone_is_presumed_innocent_clears_nobody(language: str, text: str) -> None:
    assert _told(text, language) == set()


def test_a_states_yearly_total_blames_it_for_no_theft() -> None:
    assert _told("En total Corea del Norte robó cada año 400 millones de dólares.", "es") == set()


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        (
            "de",
            "Ein Techniker wurde nach dem Diebstahl festgenommen. Er bestreitet die Tat.",
            "Ein Techniker",
        ),
        ("es", "Tras el robo, Corea del Norte negó cualquier participación.", "DPRK"),
    ],
)
def test_a_denial_of_the_accused_is_his_word(language: str, text: str, name: str) -> None:
    claims = extract_claims(text, published=date(2024, 3, 14), language=language).claims
    assert [claim.asserted_by for claim in claims if claim.actor_stance == "denied"] == [name]
