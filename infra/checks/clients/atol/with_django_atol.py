"""The road of receipts with the PyPI package django-atol, which speaks v4: sell, return, repetition, a token that ends, failure.

It calls the service as it comes from its registry; only its settings are ours. Ends the process with 1 at the first fact
that does not hold.
"""

import datetime
import importlib.metadata
import json
import logging
import os
import sys
import urllib.request

import django.conf

BASE = os.environ["ATOL_ADDRESS"]
CALL_SECONDS = 10

django.conf.settings.configure(
    RECEIPTS_ATOL_BASE_URL=BASE + "/possystem/v4",
    RECEIPTS_ATOL_LOGIN="stranger",
    RECEIPTS_ATOL_PASSWORD="pass-of-a-stranger",
    RECEIPTS_ATOL_GROUP_CODE="stranger-group",
    RECEIPTS_ATOL_TAX_NAME="vat22",
    RECEIPTS_ATOL_TAX_SYSTEM="osn",
    RECEIPTS_ATOL_INN="112233445573",
    RECEIPTS_ATOL_PAYMENT_METHOD="full_payment",
    RECEIPTS_ATOL_PAYMENT_OBJECT="service",
    RECEIPTS_ATOL_CALLBACK_URL=None,
    RECEIPTS_ATOL_PAYMENT_ADDRESS="www.shop.example",
    RECEIPTS_ATOL_COMPANY_EMAIL="shop@example.com",
)

from atol import exceptions  # noqa: E402  the settings come first
from atol.core import AtolAPI  # noqa: E402

proved = 0


class Differs(Exception):
    """A fact that does not hold."""


def holds(fact, got, want):
    """Holds got against want."""
    global proved
    if got != want:
        raise Differs(f"{fact}: got {got!r}, want {want!r}")
    proved += 1
    print(f"    ok  {fact}")


def raises(fact, kind, call):
    """Holds that a call raises exactly this kind."""
    try:
        call()
    except Exception as failure:
        holds(fact, type(failure).__name__, kind.__name__)
        return
    holds(fact, "nothing", kind.__name__)


def control(method, path, body=None):
    """Makes a control call and gives its answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data=data, method=method)
    with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
        return json.load(answer)


def sale(name, price):
    """What the client wants to know of a sale."""
    return {
        "timestamp": datetime.datetime(2026, 3, 1, 12, 0, 0),
        "transaction_uuid": name,
        "purchase_name": "Консультация «Понимаю»",
        "purchase_price": price,
        "user_email": "buyer@example.com",
        "user_phone": "+79000000000",
    }


def road():
    control("PUT", "/control/accounts/stranger", {"password": "pass-of-a-stranger", "group": "stranger-group", "inn": "112233445573"})
    shop = AtolAPI()

    sold = shop.sell(**sale("st-1", "1499.07"))
    holds("a sale waits for the till", sold.data["status"], "wait")
    holds("a report before the till", shop.report(sold.uuid).data["status"], "wait")
    control("POST", "/control/clock", {"advance": "3s"})
    report = shop.report(sold.uuid).data
    holds("the receipt is done", (report["status"], report["external_id"]), ("done", "st-1"))
    holds("the total to the kopeck", report["payload"]["total"], 1499.07)
    holds("the numbers of the till", [len(report["payload"]["fn_number"]), report["payload"]["fiscal_receipt_number"]], [16, 1])
    with urllib.request.urlopen(report["payload"]["ofd_receipt_url"], timeout=CALL_SECONDS) as page:
        holds("the page of the receipt", page.status, 200)

    holds("a repetition has the old uuid", shop.sell(**sale("st-1", 7)).uuid, sold.uuid)

    returned = shop.sell_refund(**sale("st-2", 499))
    control("POST", "/control/tokens/expire", {"login": "stranger"})
    control("POST", "/control/clock", {"advance": "3s"})
    holds("a token that has ended is renewed", shop.report(returned.uuid).data["status"], "done")

    raises("a wrong receipt", exceptions.AtolRecoverableError, lambda: shop.sell(**sale("", 1)))
    raises("an unknown uuid", exceptions.AtolUnrecoverableError, lambda: shop.report("00000000-0000-4000-8000-000000000000"))

    control("POST", "/control/faults", {"call": "till", "fault": "timeout"})
    failed = shop.sell(**sale("st-3", 10))
    control("POST", "/control/clock", {"advance": "3s"})
    raises("a receipt that nobody made", exceptions.AtolReceiptNotProcessed, lambda: shop.report(failed.uuid))

    control("POST", "/control/faults", {"call": "register", "fault": "lost_answer"})
    raises("a lost answer", exceptions.AtolRecoverableError, lambda: shop.sell(**sale("st-4", 10)))
    again = shop.sell(**sale("st-4", 10))
    holds("what was lost is there", control("GET", "/control/receipts/st-4")["uuid"], again.uuid)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(f"django-atol {importlib.metadata.version('django-atol')}")
    try:
        road()
    except Exception as failure:  # whatever a stranger's client throws is a difference
        print(f"    DIFFERS  {type(failure).__name__}: {failure}")
        sys.exit(1)
    print(f"    {proved} facts proved")
