"""What a stranger can provoke is one line in the log, never a traceback; and no key is in it."""

import io
import logging

import pytest
from django.core.exceptions import DisallowedHost
from django.test import Client
from django.urls import resolve

from ChatApp.log import WithoutKeys, WithoutTraceback


def test_a_record_keeps_its_sentence_and_loses_its_traceback() -> None:
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.addFilter(WithoutTraceback())
    log = logging.Logger("a stranger")
    log.addHandler(handler)
    try:
        raise DisallowedHost("evil.example")
    except DisallowedHost:
        log.exception("%s was asked for.", "evil.example", stack_info=True)
    assert output.getvalue() == "evil.example was asked for.\n"


@pytest.mark.parametrize("kept_from", [WithoutKeys, WithoutTraceback])
def test_a_record_that_does_not_fit_its_words_fails_nobody(kept_from: type[logging.Filter]) -> None:
    record = logging.LogRecord("library", logging.WARNING, "", 0, "%s %s", ("one",), None)
    assert kept_from().filter(record)
    assert "one" in str(record.args or record.msg)


def test_a_forged_host_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    handlers = [
        handler
        for handler in logging.getLogger("django.security").handlers
        if any(isinstance(each, WithoutTraceback) for each in handler.filters)
    ]
    for handler in handlers:
        monkeypatch.setattr(handler, "stream", output)
    assert Client(headers={"host": "evil.example"}).get("/accounts/login/").status_code == 400
    assert "evil.example" in output.getvalue()
    assert output.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    "address",
    [
        "/join/{key}/",
        "/setup/{key}/",
        "/accounts/confirm-email/{key}/",
        "/accounts/password/reset/key/{key}/",
    ],
)
def test_no_key_that_lets_somebody_in_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    output = io.StringIO()
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if any(isinstance(each, WithoutKeys) for each in handler.filters)
    ]
    assert handlers
    for handler in handlers:
        monkeypatch.setattr(handler, "stream", output)
    path = address.format(key="1f-Secret")
    logging.getLogger("django.request").warning("%s: %s", "Not Found", path)
    assert "Secret" not in output.getvalue()
    logging.getLogger("django.request").warning("?next=%%2Fjoin%%2F%s%%2F", "Secret")
    assert "Secret" not in output.getvalue()
    assert f"Not Found: {address.format(key='…')}" in output.getvalue()
    assert resolve(path)
