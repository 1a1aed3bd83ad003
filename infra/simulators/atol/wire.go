package atol

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"giberno.ru/shared/core/money"
)

const maxBody = 1 << 20

// answer is a JSON object on its way to the shop.
type answer map[string]any

// refusal is an error of the service's own, of type system.
type refusal struct {
	code   int
	detail string
	uuid   string // of the receipt that exists already
}

func (r *refusal) Error() string { return fmt.Sprintf("atol: code %d: %s", r.code, r.detail) }

func refuse(code int, detail string) error { return &refusal{code: code, detail: detail} }

// codes are the service's errors: HTTP status, the word beside the error, and the text, whose %s is the detail.
var codes = map[int]struct {
	http   int
	status string
	text   string
}{
	1:  {400, "fail", "Сервер не смог обработать входной чек"},
	10: {401, "", "Не распознан токен запроса"},
	11: {401, "", "Переданный токен не активен"},
	12: {401, "", "Неверный логин или пароль"},
	13: {400, "", "Ошибка валидации входящего запроса. Ошибочные поля: %s"},
	20: {401, "", "Код группы, указанный в запросе, не соответствует токену"},
	21: {401, "", "Код группы не поддерживает данную версию протокола"},
	30: {400, "fail", "Передан некорректный UUID : \"%s\". Необходимо повторить запрос с корректными данными"},
	31: {400, "fail", "Операция \"%s\" не поддерживается"},
	32: {400, "fail", "Ошибка валидации входного чека. Ошибочные поля : %s"},
	33: {400, "wait", "В системе существует чек с external_id : %s"},
	34: {200, "wait", "Состояние чека не найдено. Попробуйте позднее"},
	40: {400, "fail", "Некорректный запрос%s"},
	41: {415, "fail", "Некорректный Content-Type: %s"},
	50: {500, "", "Ошибка сервера. Обратитесь к Администратору"},
}

func (r *refusal) answer(id string) (int, answer) {
	c := codes[r.code]
	text := c.text
	if strings.Contains(text, "%s") {
		text = fmt.Sprintf(text, r.detail)
	}
	a := answer{"error": answer{"error_id": id, "code": r.code, "text": text, "type": "system"}}
	if c.status != "" {
		a["status"] = c.status
	}
	if r.uuid != "" {
		a["uuid"] = r.uuid
	}
	return c.http, a
}

// call is what an address asks for.
type call struct {
	name    string // getToken, report or register
	version string
	group   string
	what    string // the operation, or the uuid of a report
}

// callOf reads an address below /possystem/.
func callOf(path string) (call, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 2 || parts[0] != "v4" && parts[0] != "v5" {
		return call{}, false
	}
	switch {
	case len(parts) == 2 && parts[1] == "getToken":
		return call{name: "getToken", version: parts[0]}, true
	case len(parts) == 4 && parts[2] == "report":
		return call{"report", parts[0], parts[1], parts[3]}, true
	case len(parts) == 3:
		return call{"register", parts[0], parts[1], parts[2]}, true
	}
	return call{}, false
}

// serveCall answers one call of the API, misbehaving where a fault was set.
func (s *Service) serveCall(w http.ResponseWriter, r *http.Request) {
	c, known := callOf(strings.TrimPrefix(r.URL.Path, "/possystem/"))
	if !known {
		http.NotFound(w, r)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		_, out := (&refusal{code: 40, detail: ": тело больше 1 МБ"}).answer("")
		s.reply(w, c, nil, http.StatusRequestEntityTooLarge, out)
		return
	}
	if err != nil { // the shop went away in the middle of its request
		panic(http.ErrAbortHandler)
	}
	f := s.faults.forCall(c.name)
	if f.withoutEffect() {
		s.calls.add(c, s.clock.Now(), raw, 0, nil)
		f.breakOff(w)
		return
	}
	status, out := s.answer(c, r, raw)
	f.linger(r)
	if f.withoutAnswer() {
		s.calls.add(c, s.clock.Now(), raw, 0, nil)
		f.breakOff(w)
		return
	}
	status = f.spoil(status, out)
	if f.Fault == FaultGarbage {
		w = halved{w}
	}
	s.reply(w, c, raw, status, out)
}

// halved lets only half of each write through: an answer that broke off.
type halved struct{ http.ResponseWriter }

func (h halved) Write(body []byte) (int, error) {
	_, err := h.ResponseWriter.Write(body[:len(body)/2])
	return len(body), err
}

// answer runs a call.
func (s *Service) answer(c call, r *http.Request, raw []byte) (int, answer) {
	out, err := s.run(c, r, raw)
	if err == nil {
		return http.StatusOK, out
	}
	no := (*refusal)(nil)
	if !errors.As(err, &no) {
		s.log.Error("call failed", "call", c.name, "error", err)
		no = &refusal{code: 50}
	}
	id, err := s.uuid()
	if err != nil {
		s.log.Error("an error has no number", "error", err)
	}
	s.log.Info("call refused", "call", c.name, "group", clip(c.group, 64), "code", no.code, "detail", no.detail)
	return no.answer(id)
}

func (s *Service) run(c call, r *http.Request, raw []byte) (answer, error) {
	reads := c.name == "report"
	switch {
	case r.Method == http.MethodGet && c.name != "register":
	case r.Method != http.MethodPost || reads:
		return nil, refuse(40, ": метод "+clip(r.Method, 16))
	default:
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			return nil, refuse(41, clip(r.Header.Get("Content-Type"), 64))
		}
	}
	if c.name == "getToken" {
		return s.getToken(r, raw)
	}
	account, err := s.caller(c, r)
	if err != nil {
		return nil, err
	}
	if _, err := s.passTime(); err != nil {
		return nil, err
	}
	if reads {
		return s.report(account, c.what)
	}
	return s.register(account, c, raw)
}

func (s *Service) reply(w http.ResponseWriter, c call, request []byte, status int, out answer) {
	out["timestamp"] = s.clock.Now().In(moscow).Format("02.01.2006 15:04:05")
	body := marshal(out)
	s.calls.add(c, s.clock.Now(), request, status, body)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// marshal writes JSON with «&» and «<» as they are.
func marshal(value any) []byte {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic("atol: an answer that cannot be written: " + err.Error())
	}
	return []byte(strings.TrimSuffix(text.String(), "\n"))
}

// roubles is an amount as the service writes it.
func roubles(kopecks int64) json.Number {
	return json.Number(money.Of(kopecks, money.RUB).Decimal())
}
