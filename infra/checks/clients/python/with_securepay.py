"""The road with the PyPI package tbank-securepay: plain dictionaries over httpx, no verifier of notifications.

The package has its address as a constant of a module, which is set here and not in the package.
"""

import importlib.metadata

from tbank_securepay import PaymentInitParams, TKassaClient, const
from tbank_securepay.models import PaymentCancelParams, PaymentConfirmParams

from stage import play


def opened(s, bank, amount):
    order = s.order()
    p = bank.payment_init(PaymentInitParams(amount=amount, order_id=order, description="Заказ «шкаф»"))
    s.is_("Init answers for this order", (p.success, p.order_id, p.amount, p.status), (True, order, amount, "NEW"), quiet=True)
    return p


def one_stage(s, bank):
    p = opened(s, bank, 149_900)
    s.is_("Init gives an address that opens", s.page(p.payment_url), 200)
    s.is_("a payer pays", s.pay(p.payment_id), "CONFIRMED")
    s.is_("the terminal's address hears of it", len(s.heard()), 2)
    state = bank.payment_status(p)
    s.is_("GetState reads the payment", (state.success, state.status, state.payment_id), (True, "CONFIRMED", p.payment_id))
    listed = bank.check_order(p.order_id).payments
    s.is_("CheckOrder lists it", [(x["PaymentId"], x["Status"]) for x in listed], [(p.payment_id, "CONFIRMED")])
    ask = PaymentCancelParams(payment_id=p.payment_id, amount=49_900, external_request_id="return-1")
    first, second = bank.payment_cancel(ask), bank.payment_cancel(ask)
    s.is_("Cancel gives a part back", (first["Status"], first["NewAmount"]), ("PARTIAL_REFUNDED", 100_000))
    s.is_("… once per ExternalRequestId", (second["Status"], second["NewAmount"]), ("PARTIAL_REFUNDED", 100_000))
    rest = bank.payment_cancel(PaymentCancelParams(payment_id=p.payment_id))
    s.is_("Cancel gives the rest back", (rest["Status"], rest["NewAmount"]), ("REFUNDED", 0))


def two_stages(s, bank):
    s.open_terminal(two_stage_default=True)
    p = opened(s, bank, 80_000)
    s.is_("a terminal of two stages holds the money", s.pay(p.payment_id), "AUTHORIZED")
    receipt = {"Email": "buyer@example.com", "Taxation": "osn", "Items": [
        {"Name": "Шкаф", "Price": 80_000, "Quantity": 1.0, "Amount": 80_000, "Tax": "vat20", "PaymentMethod": "full_payment", "PaymentObject": "commodity"}]}
    taken = bank.payment_confirm(PaymentConfirmParams(payment_id=p.payment_id, amount=80_000, ip="203.0.113.7", receipt=receipt))
    s.is_("Confirm takes it, a receipt beside its token", (taken["Success"], taken["Status"]), (True, "CONFIRMED"))
    p = opened(s, bank, 80_000)
    s.pay(p.payment_id)
    s.is_("Cancel releases a hold", bank.payment_cancel(PaymentCancelParams(payment_id=p.payment_id))["Status"], "REVERSED")
    s.open_terminal(two_stage_default=False)


def what_fails(s, bank):
    p = opened(s, bank, 30_000)
    s.is_("Cancel ends an unpaid payment", bank.payment_cancel(PaymentCancelParams(payment_id=p.payment_id))["Status"], "CANCELED")
    again = bank.payment_init(PaymentInitParams(amount=30_000, order_id=p.order_id, description=""))
    s.is_("a second Init of one OrderId is refused", (again.success, again.error_code), (False, "20"))
    with TKassaClient(s.terminal, "wrong") as stranger:
        answer = stranger.get_state(p.payment_id)
        s.is_("a wrong password is error 204", (answer.success, answer.error_code), (False, "204"))
    s.is_("an unknown order is error 335", bank.check_order("nothing").error_code, "335")


def sbp(s, bank):
    p = opened(s, bank, 45_000)
    qr = bank.get_qr(PaymentId=p.payment_id, DataType="PAYLOAD")
    s.is_("GetQr gives the payload of this payment", (qr["PaymentId"], qr["Data"].startswith("https://qr.nspk.ru/")), (p.payment_id, True))
    s.is_("SbpPayTest pays it", bank.sbp_pay_test(PaymentId=p.payment_id)["Success"], True)
    s.is_("GetState reads the payment", bank.get_state(p.payment_id).status, "CONFIRMED")
    s.is_("GetQrBankList names banks", len(bank.get_qr_bank_list()["Banks"]) > 1, True)


def road(s):
    const.BASE_URL = s.base + "/v2/"
    with TKassaClient(s.terminal, s.password) as bank:
        for part in (one_stage, two_stages, what_fails, sbp):
            part(s, bank)


play("Securepay", "tbank-securepay (PyPI)", importlib.metadata.version("tbank-securepay"), road)
