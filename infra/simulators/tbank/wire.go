package tbank

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const maxBody = 1 << 20

// answer is a JSON object on its way to the shop.
type answer map[string]any

// request is a call whose terminal and token have been checked.
type request struct {
	terminal Terminal
	fields   object
}

// call is one method of the API. What it answers besides an error is kept and sent; an error keeps nothing.
type call func(*change, *request) (any, error)

// calls lists the methods by name; their paths are /v2/<name>, with or without a closing slash.
var calls = map[string]call{
	"Init": initPayment, "GetState": getState, "CheckOrder": checkOrder, "Confirm": confirm, "Cancel": cancel,
	"GetQr": getQr, "SbpPayTest": sbpPayTest, "GetQrState": getQrState, "QrMembersList": qrMembersList,
	"GetQrBankList": getQrBankList, "SendClosingReceipt": sendClosingReceipt, "Resend": resend,
	"AddCustomer": addCustomer, "GetCustomer": getCustomer, "RemoveCustomer": removeCustomer,
	"GetCardList": getCardList, "RemoveCard": removeCard, "Charge": charge, "GetTerminalPayMethods": getTerminalPayMethods,
}

// refusal is the bank's «no»: HTTP 200 with Success false.
type refusal struct{ code, details string }

func (r *refusal) Error() string { return "tbank: code " + r.code + ": " + r.details }

// refuse makes a refusal with one of the codes below; details are for the shop's developer.
func refuse(code, details string) error { return &refusal{code, details} }

// messages are the bank's texts of its codes.
var messages = map[string]string{
	"0": "OK", "1": "Параметры не сопоставлены", "4": "Статус транзакции не позволяет выполнить операцию",
	"7": "Покупатель не найден", "10": "Метод Charge заблокирован для данного терминала", "20": "Повторный OrderId",
	"53": "Обратитесь к продавцу", "76": "Операция по иностранной карте недоступна", "99": "Платеж отклонен", "101": "Не пройдена идентификация 3DS",
	"104": "Ошибка выполнения рекуррентного платежа", "106": "Карта не поддерживает 3DS", "119": "Превышено допустимое количество запросов авторизации",
	"201": "Поле обязательно для заполнения", "204": "Неверный токен. Проверьте пару TerminalKey/SecretKey", "205": "Терминал не найден",
	"207": "DATA содержит больше 20 параметров", "208": "Длина ключа DATA больше 20 символов", "209": "Длина значения DATA больше 100 символов",
	"212": "Слишком длинный OrderId", "213": "Слишком длинный Description", "240": "Сумма должна быть больше нуля",
	"247": "Сумма превышает допустимую", "251": "Неверная сумма. Сумма должна быть указана целым числом копеек",
	"255": "Платеж не найден", "308": "Сумма позиций чека не сходится", "309": "Поле Receipt не должно быть пустым",
	"310": "Неверное количество в позиции чека", "323": "Суммы не совпадают", "329": "Укажите Email или Phone покупателя",
	"330": "Сумма возврата превышает сумму платежа", "331": "Операция недоступна для терминала", "334": "Сумма чека не равна сумме платежа",
	"335": "Заказ не найден", "401": "Внутренняя ошибка", "503": "Карта не найдена", "504": "Покупатель не найден", "620": "Нулевая сумма",
	"1005": "Платеж отклонен банком, выпустившим карту", "1014": "Неверный номер карты", "1030": "Повторите попытку позже",
	"1034": "Платеж отклонен: подозрение на мошенничество", "1051": "Недостаточно средств на карте", "1054": "Истек срок действия карты",
	"1057": "Операция запрещена держателю карты", "1061": "Превышен лимит по карте", "1082": "Неверный CVV", "1091": "Банк, выпустивший карту, недоступен",
	"1126": "RebillId не соответствует OperationInitiatorType", "3001": "Оплата через СБП недоступна",
	"3016": "Сумма вне допустимого диапазона СБП", "5060": "Платеж отклонен банком плательщика",
}

// answer is how the refusal looks on the wire.
func (r *refusal) answer(terminal string) answer {
	a := answer{"Success": false, "ErrorCode": r.code, "Message": messages[r.code], "Details": r.details}
	if terminal != "" {
		a["TerminalKey"] = terminal
	}
	return a
}

// serveCall answers one call of the API, misbehaving where a fault was set.
func (b *Bank) serveCall(name string, w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		b.reply(w, name, nil, http.StatusRequestEntityTooLarge, (&refusal{"1", "Тело запроса больше 1 МБ"}).answer(""))
		return
	}
	if err != nil { // the shop went away in the middle of its request
		panic(http.ErrAbortHandler)
	}
	if r.Method != http.MethodPost {
		b.reply(w, name, raw, http.StatusMethodNotAllowed, (&refusal{"1", "Метод вызывается запросом POST"}).answer(""))
		return
	}
	fields, err := parseObject(raw)
	f := b.faults.forCall(name, b.magicKopecks(name, fields))
	if f.withoutEffect() {
		b.calls.add(name, b.clock.Now(), raw, 0, nil)
		f.breakOff(w)
		return
	}
	status, out := http.StatusOK, any((&refusal{"1", "Тело запроса должно быть одним объектом JSON с неповторяющимися полями"}).answer(""))
	if err == nil {
		status, out = b.answer(name, fields)
	}
	f.linger(r)
	if f.withoutAnswer() {
		b.calls.add(name, b.clock.Now(), raw, 0, nil)
		f.breakOff(w)
		return
	}
	f.spoil(out)
	if f.Fault == FaultGarbage {
		w = halved{w}
	}
	b.reply(w, name, raw, status, out)
}

// halved lets only half of each write through: an answer that broke off.
type halved struct{ http.ResponseWriter }

func (h halved) Write(body []byte) (int, error) {
	_, err := h.ResponseWriter.Write(body[:len(body)/2])
	return len(body), err
}

// answer runs the call that fields ask for.
func (b *Bank) answer(name string, fields object) (int, any) {
	run, known := calls[name]
	if !known {
		return http.StatusNotFound, (&refusal{"1", "Метод " + clip(name, 64) + " не найден"}).answer("")
	}
	key, _ := fields.scalar("TerminalKey")
	if _, err := b.passTime(); err != nil {
		b.log.Error("call failed", "call", name, "error", err)
		return http.StatusInternalServerError, (&refusal{"401", ""}).answer(key)
	}
	var out any
	err := b.change(func(x *change) error {
		t, ok := x.old.terminals[key]
		if !ok {
			return refuse("205", "TerminalKey")
		}
		if !fields.signed(t.Password) {
			return refuse("204", "Token")
		}
		var err error
		out, err = run(x, &request{terminal: t, fields: fields})
		return err
	})
	if no := (*refusal)(nil); errors.As(err, &no) {
		b.log.Info("call refused", "call", name, "terminal", clip(key, 64), "code", no.code, "details", no.details)
		return http.StatusOK, no.answer(key)
	}
	if err != nil {
		b.log.Error("call failed", "call", name, "error", err)
		return http.StatusInternalServerError, (&refusal{"401", ""}).answer(key)
	}
	b.log.Info("call answered", "call", name, "terminal", key)
	return http.StatusOK, out
}

func (b *Bank) reply(w http.ResponseWriter, name string, request []byte, status int, out any) {
	body := marshal(out)
	b.calls.add(name, b.clock.Now(), request, status, body)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// marshal writes JSON as the bank does, with «&» and «<» as they are.
func marshal(value any) []byte {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic("tbank: an answer that cannot be written: " + err.Error())
	}
	return []byte(strings.TrimSuffix(text.String(), "\n"))
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// id writes a payment's number: a string, as most clients want it, or the number of the bank's OpenAPI.
func (b *Bank) id(paymentID string) any {
	if b.numbers {
		return number(paymentID)
	}
	return paymentID
}

// text reads an optional string of at most limit characters.
func (r *request) text(name string, limit int) (string, error) {
	s, _ := r.fields.scalar(name)
	if len([]rune(s)) > limit {
		return "", refuse("1", "Длина поля "+name+" больше допустимой")
	}
	return s, nil
}

// payment gives the id of the terminal's own payment that the call names.
func (r *request) payment(x *change) (*Payment, error) {
	id, _ := r.fields.scalar("PaymentId")
	if id == "" {
		return nil, refuse("201", "PaymentId")
	}
	p, ok := x.see(id)
	if !ok || p.Terminal != r.terminal.Key {
		return nil, refuse("255", "PaymentId")
	}
	return p, nil
}

// editPayment is payment for a call that will change it.
func (r *request) editPayment(x *change) (*Payment, error) {
	p, err := r.payment(x)
	if err != nil {
		return nil, err
	}
	p, _ = x.edit(p.ID)
	return p, nil
}

// amount reads a positive number of kopecks; given is false when the member is absent.
func (r *request) amount(name string) (kopecks int64, given bool, err error) {
	text, given := r.fields.scalar(name)
	if !given {
		return 0, false, nil
	}
	kopecks, err = parseKopecks(text)
	return kopecks, true, err
}

const maxAmount = 1_000_000_000_000 // ten milliard roubles

func parseKopecks(text string) (int64, error) {
	var n int64
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return 0, refuse("251", "Amount")
	}
	switch {
	case n == 0:
		return 0, refuse("620", "Amount")
	case n < 0:
		return 0, refuse("240", "Amount")
	case n > maxAmount:
		return 0, refuse("247", "Amount")
	}
	return n, nil
}

// moscow is the zone of the bank's times on the wire; it has had no summer time since 2014.
var moscow = time.FixedZone("MSK", 3*60*60)
