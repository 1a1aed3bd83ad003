package tbank

import "strconv"

// words are the texts of the pages: Russian, then English.
var words = map[string][2]string{
	"simulator":           {"Т-Банк · симулятор", "T-Bank · simulator"},
	"language":            {"Язык", "Language"},
	"shop":                {"Магазин", "Shop"},
	"order":               {"Заказ", "Order"},
	"pay_title":           {"Оплата картой", "Pay by card"},
	"pay":                 {"Оплатить", "Pay"},
	"pay_sbp":             {"Оплатить через СБП", "Pay by SBP"},
	"pay_card":            {"Оплатить картой", "Pay by card"},
	"pan":                 {"Номер карты", "Card number"},
	"exp":                 {"Срок, ММ/ГГ", "Expires, MM/YY"},
	"try_again":           {"Попробуйте ещё раз или возьмите другую карту", "Try again or take another card"},
	"back_without_paying": {"Вернуться в магазин без оплаты", "Back to the shop without paying"},
	"back":                {"Вернуться в магазин", "Back to the shop"},
	"test_cards":          {"Тестовые карты", "Test cards"},
	"cards_hint": {"Срок и CVV любые; CVV 000 — неверный. Другой номер, верный по алгоритму Луна, оплачивает сразу.",
		"Any expiry and CVV; CVV 000 is wrong. Any other number that passes the check of Luhn pays at once."},
	"acs_title":       {"Подтверждение банком", "Your bank asks"},
	"acs_text":        {"Код отправлен владельцу карты", "The code was sent to the owner of card"},
	"acs_code":        {"Код из SMS", "Code from the message"},
	"acs_hint":        {"Верный код 3-D Secure — 1234.", "The right code of 3-D Secure is 1234."},
	"acs_confirm":     {"Подтвердить", "Confirm"},
	"acs_refuse":      {"Отказаться", "Refuse"},
	"sbp_title":       {"Оплата через СБП", "Pay by SBP"},
	"sbp_payload":     {"Ссылка СБП", "SBP link"},
	"sbp_open":        {"Открыть приложение банка", "Open the bank's app"},
	"sbp_waits":       {"Страница сама узнает об оплате.", "This page learns of the payment by itself."},
	"sbp_enter":       {"Приложение банка: открыть ссылку СБП", "The bank's app: open an SBP link"},
	"app_title":       {"Приложение банка", "The bank's app"},
	"app_confirm":     {"Подтвердить перевод", "Confirm the transfer"},
	"app_refuse":      {"Отказаться", "Refuse"},
	"state_paid":      {"Оплачено", "Paid"},
	"state_held":      {"Сумма заблокирована", "The amount is held"},
	"state_returned":  {"Деньги возвращены", "The money was returned"},
	"state_cancelled": {"Платёж отменён", "The payment was cancelled"},
	"state_expired":   {"Срок оплаты истёк", "The time to pay is over"},
	"state_rejected":  {"Платёж отклонён", "The payment was declined"},
	"state_going":     {"Платёж обрабатывается", "The payment is being processed"},
	"missing":         {"Ничего не найдено", "Nothing found"},
	"missing_text":    {"Проверьте адрес: такого платежа или чека у банка нет.", "Check the address: the bank has no such payment or receipt."},
	"receipt":         {"Чек", "Receipt"},
	"receipt_title":   {"Кассовый чек", "Fiscal receipt"},
	"income":          {"Приход", "Income"},
	"income_return":   {"Возврат прихода", "Return of income"},
	"item":            {"Наименование", "Item"},
	"quantity":        {"Кол-во", "Quantity"},
	"sum":             {"Сумма", "Amount"},
	"total":           {"Итого", "Total"},
	"fiscal":          {"Фискальные данные", "Fiscal data"},
	"shift":           {"Смена / чек", "Shift / number"},
	"issued":          {"Дата и время", "Issued"},
	"buyer":           {"Покупатель", "Buyer"},
	"taxation":        {"Налогообложение", "Taxation"},
	"help_text":       {"Протокол EACQ v2, как у банка. Адрес вызовов:", "The bank's EACQ v2 protocol. Calls go to:"},
	"terminals":       {"Терминалы", "Terminals"},
	"settings":        {"Настройки", "Settings"},
	"fiscal_terminal": {"касса подключена", "makes fiscal receipts"},
	"two_stage":       {"две стадии", "two stages"},
	"magic":           {"Суммы со сбоем", "Magic amounts"},
	"magic_text": {"Копейки суммы вызывают сбой. Сбои вызовов случаются через раз, чтобы вторая попытка прошла.",
		"The kopecks of an amount cause a fault. Faults of calls come every other time, so that a second try gets through."},
	"magic_off": {"Выключены в этом запуске.", "Switched off in this run."},
	"control":   {"Вызовы для скриптов", "Calls for scripts"},

	"outcome_success":            {"успешно", "success"},
	"outcome_3ds":                {"успешно после 3-D Secure", "success after 3-D Secure"},
	"outcome_3ds_insufficient":   {"3-D Secure, затем недостаточно средств", "3-D Secure, then insufficient funds"},
	"outcome_insufficient_funds": {"недостаточно средств", "insufficient funds"},
	"outcome_card_expired":       {"срок карты истёк", "card expired"},
	"outcome_limit_exceeded":     {"превышен лимит", "limit exceeded"},
	"outcome_not_permitted":      {"операция запрещена", "not permitted"},
	"outcome_suspected_fraud":    {"подозрение на мошенничество", "suspected fraud"},
	"outcome_issuer_unavailable": {"банк карты недоступен", "issuer unavailable"},
	"outcome_foreign_card":       {"иностранная карта не принимается", "foreign card not accepted"},
	"outcome_declined":           {"отклонено банком", "declined by the issuer"},

	"fault_slow":           {"ответ через 5 секунд", "the answer comes after 5 seconds"},
	"fault_500_before":     {"HTTP 500, ничего не сделано", "HTTP 500, nothing was done"},
	"fault_500_after":      {"HTTP 500, хотя всё сделано", "HTTP 500, though it was done"},
	"fault_lost_request":   {"обрыв связи, ничего не сделано", "the connection breaks, nothing was done"},
	"fault_lost_answer":    {"обрыв связи, хотя всё сделано", "the connection breaks, though it was done"},
	"fault_unknown_status": {"неизвестный статус", "an unknown status"},
	"fault_wrong_amount":   {"сумма на рубль больше", "the amount is a rouble too much"},
	"fault_garbage":        {"половина ответа", "half of an answer"},
	"fault_duplicate":      {"уведомление дважды", "the notification comes twice"},
	"fault_reorder":        {"CONFIRMED раньше AUTHORIZED", "CONFIRMED before AUTHORIZED"},
	"fault_forged":         {"сначала подделка с неверным токеном", "a forgery with a wrong token comes first"},
	"fault_late":           {"на полчаса позже", "half an hour later"},
	"fault_drop":           {"уведомления нет", "no notification"},
}

// phrase gives a text in a language; an unknown key shows itself, and a test keeps that from happening.
func phrase(language, key string) string {
	text, ok := words[key]
	switch {
	case !ok:
		return key
	case language == "en":
		return text[1]
	}
	return text[0]
}

// amountText writes kopecks as roubles: 149900 is «1499,00».
func amountText(kopecks int64) string {
	whole, rest := kopecks/100, kopecks%100
	return strconv.FormatInt(whole, 10) + "," + string([]byte{byte('0' + rest/10), byte('0' + rest%10)})
}
