"""The road with the PyPI package tbank-kassa: opens payments and checks notifications, no more.

Its ways are its own: amounts in roubles, a receipt whose quantity is a string, a deadline with microseconds. Its address is
a private member, which is set here and not in the package.
"""

import datetime
import decimal
import importlib.metadata
import json

from tbank_kassa import Environment, TBankAPI
from tbank_kassa.models.request import ItemFFD105, PaymentType, ReceiptFFD105, Tax, Taxation

from stage import play

ROUBLES = decimal.Decimal


def client(s, password):
    bank = TBankAPI(s.terminal, password, Environment.TEST)
    bank._client._base_url = s.base + "/v2"
    return bank


def opened(s, bank, roubles, **more):
    order = s.order()
    p = bank.init_payment(amount=ROUBLES(roubles), order_id=order, notification_url=s.shop.address, **more)
    s.is_("Init answers for this order", (p.success, p.error_code, p.order_id, p.amount), (True, "0", order, ROUBLES(roubles)), quiet=True)
    return p


def notices(s, bank):
    """The status and amount of each new notification, each let through by the client's own check."""
    read = []
    for raw in s.heard():
        data = json.loads(raw)
        s.is_("its check takes the bank's token", bank.validate_webhook(data), True, quiet=True)
        s.is_("… and refuses it over another amount", bank.validate_webhook({**data, "Amount": 1}), False, quiet=True)
        read.append((data["Status"], data["Amount"]))
    return read


def one_stage(s, bank):
    due = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=123_456) + datetime.timedelta(hours=2)
    p = opened(s, bank, "1499.00", description="Заказ «шкаф»", time_to_live=due, extra={"Phone": "+79000000000"})
    s.is_("Init takes DATA and its deadline, and gives an address that opens", s.page(str(p.payment_url)), 200)
    s.is_("a payer pays", s.pay(p.payment_id), "CONFIRMED")
    s.is_("its check takes AUTHORIZED and CONFIRMED", sorted(notices(s, bank)), [("AUTHORIZED", 149_900), ("CONFIRMED", 149_900)])


def two_stages(s, bank):
    p = opened(s, bank, "800.00", payment_type=PaymentType.TWO_STAGE)
    s.is_("a payer's money is held", s.pay(p.payment_id), "AUTHORIZED")
    s.is_("its check takes AUTHORIZED alone", notices(s, bank), [("AUTHORIZED", 80_000)])


def what_fails(s, bank):
    p = opened(s, bank, "300.00")
    again = bank.init_payment(amount=ROUBLES("300.00"), order_id=p.order_id)
    s.is_("a second Init of one OrderId is refused", (again.success, again.error_code), (False, "20"))
    forged = client(s, "wrong").init_payment(amount=ROUBLES("300.00"), order_id=s.order())
    s.is_("a wrong password is error 204", (forged.success, forged.error_code), (False, "204"))
    s.is_("a card is declined", s.pay(p.payment_id, outcome="limit_exceeded"), "REJECTED")
    s.is_("its check takes the decline", notices(s, bank), [("REJECTED", 30_000)])


def fiscal(s, bank):
    s.open_terminal(fiscal=True)
    item = ItemFFD105(name="Ткань «синяя»", price=ROUBLES("400.00"), quantity=ROUBLES("1.750"), amount=ROUBLES("700.00"), tax=Tax.VAT20)
    receipt = ReceiptFFD105(items=[item], email="buyer@example.com", taxation=Taxation.OSN)
    p = opened(s, bank, "700.00", receipt=receipt)
    s.is_("Init takes its receipt, the quantity a string", s.pay(p.payment_id), "CONFIRMED")
    notices(s, bank)
    s.advance("10s")
    s.is_("its check takes the notification of the receipt", notices(s, bank), [("RECEIPT", 70_000)])


def road(s):
    bank = client(s, s.password)
    for part in (one_stage, two_stages, what_fails, fiscal):
        part(s, bank)


play("Kassa", "tbank-kassa (PyPI)", importlib.metadata.version("tbank-kassa"), road)
