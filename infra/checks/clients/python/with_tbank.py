"""The road with the PyPI package tbank: typed answers (pydantic), strict about words and types."""

import importlib.metadata
import json

from pydantic import ValidationError
from tbank.acquiring.enums import QrDataType, Tax, Taxation
from tbank.acquiring.models import InitRequest, Receipt, ReceiptItem
from tbank.acquiring.sync import AcquiringClient
from tbank.acquiring.webhooks import parse_notification, verify_notification
from tbank.core.errors import TBankAPIError

from stage import play


def refused(call):
    """The error that call ends with, or None."""
    try:
        call()
    except TBankAPIError as error:
        return error
    return None


def receipt(amount):
    item = ReceiptItem(name="Консультация «Час»", price=amount, quantity=1, amount=amount, tax=Tax.VAT_22)
    return Receipt(taxation=Taxation.OSN, items=[item], email="buyer@example.com")


def notices(s):
    """The status and amount of each new notification, by the client's own reading, each let through by its own verifier."""
    read = []
    for raw in s.heard():
        data = json.loads(raw)
        s.is_("its verifier takes the bank's token", verify_notification(data, s.password), True, quiet=True)
        s.is_("… and refuses it over another amount", verify_notification({**data, "Amount": 1}, s.password), False, quiet=True)
        s.is_("… and with another password", verify_notification(data, "other"), False, quiet=True)
        if data["Status"] == "RECEIPT":
            read.append((data["Status"], data["Amount"]))
            continue
        n = parse_notification(data)
        s.is_("the notification is this terminal's", n.terminal_key, s.terminal, quiet=True)
        read.append((n.status.value, n.amount))
    return read


def opened(s, bank, amount, **more):
    request = InitRequest(amount=amount, order_id=s.order(), notification_url=s.shop.address, **more)
    payment = bank.init(request)
    s.is_("Init answers for this order", (payment.order_id, payment.amount, payment.status.value), (request.order_id, amount, "NEW"), quiet=True)
    return payment


def one_stage(s, bank):
    p = opened(s, bank, 149_900, description="Заказ № 7 & «шкаф»", success_url="https://shop.example/thanks?a=1&b=2")
    s.is_("Init gives an address that opens", s.page(p.payment_url), 200)
    s.is_("GetState reads the open form", bank.get_state(p.payment_id).status.value, "FORM_SHOWED")
    s.is_("a payer pays", s.pay(p.payment_id), "CONFIRMED")
    s.is_("its verifier and parser take AUTHORIZED and CONFIRMED", sorted(notices(s)), [("AUTHORIZED", 149_900), ("CONFIRMED", 149_900)])
    state = bank.get_state(p.payment_id)
    s.is_("GetState reads the payment", (state.status.value, state.amount), ("CONFIRMED", 149_900))
    listed = bank.check_order(p.order_id).payments
    s.is_("CheckOrder lists it", [(x.payment_id, x.status, x.success, x.error_code) for x in listed], [(p.payment_id, "CONFIRMED", True, "0")])
    part = bank.cancel(p.payment_id, 50_000)
    s.is_("Cancel gives a part back", (part.status.value, part.original_amount, part.new_amount), ("PARTIAL_REFUNDED", 149_900, 99_900))
    more = refused(lambda: bank.cancel(p.payment_id, 99_901))
    s.is_("… and no more than was paid", more.code, "330")
    rest = bank.cancel(p.payment_id)
    s.is_("Cancel gives the rest back", (rest.status.value, rest.original_amount, rest.new_amount), ("REFUNDED", 99_900, 0))
    s.deliver()
    s.is_("both refunds are notified", [status for status, _ in notices(s)], ["PARTIAL_REFUNDED", "REFUNDED"])


def two_stages(s, bank):
    p = opened(s, bank, 80_000, pay_type="T")
    s.is_("a payer's money is held", s.pay(p.payment_id), "AUTHORIZED")
    taken = bank.confirm(p.payment_id, 60_000)
    s.is_("Confirm takes a part of a hold", taken.status.value, "CONFIRMED")
    s.is_("a second Confirm is refused", refused(lambda: bank.confirm(p.payment_id)).code, "4")
    s.is_("GetState states what was taken", bank.get_state(p.payment_id).amount, 60_000)
    s.deliver()
    s.is_("hold and capture are notified", notices(s), [("AUTHORIZED", 80_000), ("CONFIRMED", 60_000)])
    p = opened(s, bank, 80_000, pay_type="T")
    s.pay(p.payment_id)
    s.is_("Cancel releases a hold", bank.cancel(p.payment_id).status.value, "REVERSED")


def what_fails(s, bank):
    s.heard()
    p = opened(s, bank, 30_000)
    s.is_("Cancel ends an unpaid payment", bank.cancel(p.payment_id).status.value, "CANCELED")
    s.deliver()
    s.heard()
    p = opened(s, bank, 30_000)
    s.is_("a card is declined", s.pay(p.payment_id, outcome="insufficient_funds"), "REJECTED")
    s.is_("its parser takes the decline", notices(s), [("REJECTED", 30_000)])
    again = refused(lambda: bank.init(InitRequest(amount=30_000, order_id=p.order_id)))
    s.is_("a second Init of one OrderId is refused", again.code, "20")
    with AcquiringClient(s.terminal, "wrong", base_url=s.base + "/v2") as stranger:
        s.is_("a wrong password is error 204", refused(lambda: stranger.get_state(p.payment_id)).code, "204")
    with AcquiringClient("Nobody", s.password, base_url=s.base + "/v2") as stranger:
        s.is_("an unknown terminal is error 205", refused(lambda: stranger.get_state(p.payment_id)).code, "205")
    s.is_("an unknown payment is error 255", refused(lambda: bank.get_state("1")).code, "255")


def saved_card(s, bank):
    bank.add_customer("buyer-1", email="buyer@example.com")
    s.is_("GetCustomer reads what AddCustomer wrote", bank.get_customer("buyer-1").email, "buyer@example.com")
    parent = opened(s, bank, 10_000, customer_key="buyer-1", recurrent="Y")
    s.pay(parent.payment_id)
    told = [parse_notification(json.loads(raw)) for raw in s.heard()]
    [card] = bank.get_card_list("buyer-1")
    s.is_("the notification names the saved card", {(str(n.rebill_id), str(n.card_id), n.pan) for n in told}, {(card.rebill_id, card.card_id, card.pan)})
    child = opened(s, bank, 20_000)
    s.is_("Charge debits it", bank.charge(child.payment_id, card.rebill_id).status.value, "CONFIRMED")
    s.is_("RemoveCard forgets it", bank.remove_card("buyer-1", card.card_id).status.value, "D")
    orphan = opened(s, bank, 20_000)
    s.is_("… and it cannot be debited any more", refused(lambda: bank.charge(orphan.payment_id, card.rebill_id)).code, "104")
    s.deliver()
    s.heard()


def sbp(s, bank):
    p = opened(s, bank, 45_000)
    qr = bank.get_qr(p.payment_id, data_type=QrDataType.PAYLOAD)
    s.is_("GetQr gives the payload of this payment", (qr.payment_id, qr.data.startswith("https://qr.nspk.ru/")), (p.payment_id, True))
    s.is_("GetQr draws it", bank.get_qr(p.payment_id, data_type=QrDataType.IMAGE).data.startswith("<svg"), True)
    s.is_("QrMembersList names banks", len(bank.get_qr_members(p.payment_id).members) > 1, True)
    s.is_("a payer pays by SBP", s.pay(p.payment_id, method="sbp"), "CONFIRMED")
    notices(s)
    s.is_("Cancel says that an SBP refund is under way", status_of_cancel(bank, p.payment_id), "ASYNC_REFUNDING")
    s.advance("1m")
    s.is_("… and its end is notified", [status for status, _ in notices(s)], ["REFUNDED"])


def status_of_cancel(bank, payment_id):
    """The status that Cancel answers. Of the bank's words this client does not know ASYNC_REFUNDING, and says so."""
    try:
        return bank.cancel(payment_id).status.value
    except ValidationError as unread:
        [fault] = unread.errors()
        return fault["input"]


def fiscal(s, bank):
    s.open_terminal(fiscal=True)
    missing = refused(lambda: bank.init(InitRequest(amount=70_000, order_id=s.order())))
    s.is_("a terminal with a till wants a receipt", missing.code, "309")
    wrong = refused(lambda: bank.init(InitRequest(amount=70_000, order_id=s.order(), receipt=receipt(70_001))))
    s.is_("… of the payment's amount", wrong.code, "334")
    p = opened(s, bank, 70_000, receipt=receipt(70_000))
    s.is_("Init takes the client's receipt and its token without it", s.pay(p.payment_id), "CONFIRMED")
    s.heard()
    s.advance("10s")
    s.is_("its verifier takes the notification of the receipt", notices(s), [("RECEIPT", 70_000)])


def road(s):
    with AcquiringClient(s.terminal, s.password, base_url=s.base + "/v2") as bank:
        for part in (one_stage, two_stages, what_fails, saved_card, sbp, fiscal):
            part(s, bank)


play("Tbank", "tbank (PyPI)", importlib.metadata.version("tbank"), road)
