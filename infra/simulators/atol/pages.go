package atol

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"rsc.io/qr"

	"giberno.ru/shared/core/money"
)

//go:embed page
var pageFiles embed.FS

// pages are the templates of each language.
var pages = map[string]*template.Template{"ru": parsePages("ru"), "en": parsePages("en")}

func parsePages(language string) *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t":   func(key string) string { return phrase(language, key) },
		"rub": func(kopecks int64) string { return money.Of(kopecks, money.RUB).Decimal() + " ₽" },
	}).ParseFS(pageFiles, "page/*.html"))
}

// words are the texts of the pages: Russian, then English.
var words = map[string][2]string{
	"simulator":  {"АТОЛ Онлайн · симулятор", "ATOL Online · simulator"},
	"language":   {"Язык", "Language"},
	"missing":    {"Такой страницы нет", "There is no such page"},
	"help_text":  {"Сервис чеков: адреса по протоколам v4 и v5 начинаются с", "A service of receipts: the addresses of v4 and v5 begin with"},
	"accounts":   {"Доступы", "Accounts"},
	"group":      {"Группа касс", "Group of tills"},
	"version":    {"Протокол", "Protocol"},
	"both":       {"v4 и v5", "v4 and v5"},
	"receipts":   {"Последние чеки", "Latest receipts"},
	"none":       {"Чеков ещё нет", "No receipts yet"},
	"control":    {"Управление", "Control"},
	"faults":     {"Сбои", "Faults"},
	"status":     {"Состояние", "Status"},
	"receipt":    {"Кассовый чек", "Receipt"},
	"correction": {"Чек коррекции", "Receipt of correction"},
	"sign_1":     {"Приход", "Income"},
	"sign_2":     {"Возврат прихода", "Return of income"},
	"sign_3":     {"Расход", "Expense"},
	"sign_4":     {"Возврат расхода", "Return of expense"},
	"item":       {"Предмет расчёта", "Item"},
	"quantity":   {"Кол-во", "Quantity"},
	"sum":        {"Сумма", "Sum"},
	"total":      {"Итого", "Total"},
	"fiscal":     {"Фискальные данные", "Fiscal data"},
	"shift":      {"Смена / чек", "Shift / receipt"},
	"issued":     {"Выдан", "Issued"},
	"buyer":      {"Покупатель", "Buyer"},
	"inn":        {"ИНН", "INN"},
	"supplier":   {"ИНН поставщика", "Supplier's INN"},
	"taxation":   {"Система налогообложения", "Taxation"},
}

func phrase(language, key string) string {
	if language == "en" {
		return words[key][1]
	}
	return words[key][0]
}

// view is what every page shows.
type view struct {
	Lang, Title, Prefix string
	Other               template.URL // this page in the other language
}

func (s *Service) newView(r *http.Request, title string) view {
	language := r.URL.Query().Get("lang")
	if language != "en" {
		language = "ru"
	}
	other := r.URL.Query()
	other.Set("lang", map[string]string{"ru": "en", "en": "ru"}[language])
	return view{Lang: language, Title: phrase(language, title), Prefix: s.prefix(), Other: template.URL(other.Encode())}
}

func (s *Service) show(w http.ResponseWriter, status int, page, language string, data any) {
	var text bytes.Buffer
	if err := pages[language].ExecuteTemplate(&text, page, data); err != nil {
		s.log.Error("a page cannot be written", "page", page, "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes())
}

func (s *Service) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "page/style.css")
}

func (s *Service) missing(w http.ResponseWriter, r *http.Request) {
	v := s.newView(r, "missing")
	s.show(w, http.StatusNotFound, "missing", v.Lang, v)
}

// helpPage is the start page: accounts, the latest receipts, faults and control calls, from the tables that the code runs on.
func (s *Service) helpPage(w http.ResponseWriter, r *http.Request) {
	v := s.newView(r, "simulator")
	type faultRow struct {
		Call   string
		Faults []FaultKind
	}
	var faults []faultRow
	for _, call := range sortedKeys(faultsOf) {
		faults = append(faults, faultRow{call, faultsOf[call]})
	}
	s.show(w, http.StatusOK, "help", v.Lang, struct {
		view
		Base     string
		Accounts []Account
		Receipts []Receipt
		Faults   []faultRow
		Control  []controlCall
	}{v, s.baseURL(), s.Accounts(), s.Receipts(20), faults, controlCalls})
}

// receiptPage shows a receipt as a fiscal data operator does.
func (s *Service) receiptPage(w http.ResponseWriter, r *http.Request) {
	found, ok := s.findFiscal(r.URL.Query())
	if !ok {
		s.missing(w, r)
		return
	}
	title := "receipt"
	if strings.HasSuffix(found.Operation, "_correction") {
		title = "correction"
	}
	image, err := drawQR(found.Fiscal.FNS)
	if err != nil {
		s.log.Error("a QR cannot be drawn", "error", err)
	}
	v := s.newView(r, title)
	s.show(w, http.StatusOK, "receipt", v.Lang, struct {
		view
		R      Receipt
		Sign   string
		Issued string
		QR     template.HTML
	}{v, found, phrase(v.Lang, fmt.Sprintf("sign_%d", sign1054(found.Operation))), found.Fiscal.IssuedAt.In(moscow).Format("02.01.2006 15:04"),
		template.HTML(image)}) // drawn by us: numbers only
}

func (s *Service) receiptQR(w http.ResponseWriter, r *http.Request) {
	found, ok := s.findFiscal(r.URL.Query())
	if !ok {
		s.missing(w, r)
		return
	}
	image, err := drawQR(found.Fiscal.FNS)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write([]byte(image))
}

// drawQR draws text as an SVG with error level M and a quiet zone of four modules.
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("atol: draw QR: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start+4, y+4, x-start, x-start)
			}
		}
	}
	side := code.Size + 8
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, side, side, side, side, path.String()), nil
}
