package api

import (
	"encoding/csv"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/object"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/web"
)

// StatementLine is one movement of an account.
type StatementLine struct {
	Entry    string      `json:"entry" doc:"Its name in the ledger"`
	Kind     string      `json:"kind" doc:"paid, refunded, reserved, paid_out, corrected, reversed, bank_transfer"`
	Object   *ids.ID     `json:"object,omitempty" doc:"The payment, refund or settlement"`
	Order    *ids.ID     `json:"order_uuid,omitempty"`
	Day      string      `json:"day" doc:"The business day"`
	At       string      `json:"at" doc:"When it happened"`
	PostedAt string      `json:"posted_at"`
	Change   money.Money `json:"change"`
	Balance  money.Money `json:"balance" doc:"After it"`
}

// maxDays bounds the period of a statement: a year, and a day of a leap year.
const maxDays = 366 * 24 * time.Hour

// GetStatement serves GET /api/v1/statement: the movements of an account with its balance after each, as JSON or CSV.
func (s *Service) GetStatement() web.Endpoint {
	return web.Raw(web.Operation{
		Name: "get-statement", Method: "GET", Path: "/api/v1/statement", API: "payments", Caller: web.Partner,
		Summary: "Get the movements of an account with its running balance",
		Description: "`Accept: application/json` (default): `{items, next_cursor}`, each item with entry, kind, object, order_uuid, day, " +
			"at, posted_at, change and balance. `Accept: text/csv`: a file. Query: `currency` (required); `from` and `to`, business days, " +
			"both included, at most a year; today by default; `account` (payable, reserved, receivable); `limit` (1–100) and `cursor` of " +
			"the JSON; `lines` and `cursor` of a part of the file, whose header `" + NextCursor + "` says where the next one begins; " +
			"`form=excel` for semicolons and decimal commas. Oldest first.",
		Refuses: []string{"file_too_large", "invalid_cursor", "ledger_index_behind", "malformed_query"},
	}, http.HandlerFunc(s.getStatement))
}

// statement is what a caller wants to see.
type statement struct {
	book     ledger.Book
	account  ledger.Account
	from, to ledger.Day
	isCSV    bool
	excel    bool
	limit    int
	cursor   string
}

func (s *Service) getStatement(w http.ResponseWriter, r *http.Request) {
	want, err := s.readStatement(r)
	if err == nil && want.isCSV {
		var f file
		if f, err = s.statementFile(r, want); err == nil {
			s.answer(w, r, f)
			return
		}
	}
	var body []byte
	if err == nil {
		body, err = s.statementPage(r, want)
	}
	if err != nil {
		web.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

func (s *Service) readStatement(r *http.Request) (want statement, err error) {
	q, err := readQuery(r)
	if err != nil {
		return want, err
	}
	who := web.CallerOf(r.Context())
	want.isCSV = strings.Contains(r.Header.Get("Accept"), csvMedia)
	want.book = ledger.Book{Mode: who.Mode, Partner: who.Partner, Currency: money.Currency(q.text("currency"))}
	if !want.book.Currency.Known() {
		q.refuse("currency", "expected a currency such as RUB")
	}
	want.account = ledger.Account(q.word("account", string(ledger.Payable), string(ledger.Reserved), string(ledger.Receivable)))
	want.from, want.to = q.day("from"), q.day("to")
	want.cursor = q.text("cursor")
	if want.isCSV {
		want.limit, want.excel = q.number("lines", maxPart, 0), q.word("form", "plain", "excel") == "excel"
	} else {
		want.limit = q.number("limit", page.MaxLimit, page.DefaultLimit)
	}
	if err := q.done(); err != nil {
		return want, err
	}
	partner, err := s.Partners.Partner(r.Context(), who.Partner)
	if err != nil {
		return want, err
	}
	return want, want.period(ledger.DayOf(s.Clock.Now(), partner.Zone))
}

// period fills in the days that were not named, and refuses more than a year.
func (want *statement) period(today ledger.Day) error {
	if want.to == "" {
		want.to = max(today, want.from)
	}
	if want.from == "" {
		want.from = min(today, want.to)
	}
	begins, err := want.from.Begins(time.UTC)
	if err != nil {
		return err
	}
	ends, err := want.to.Begins(time.UTC)
	if err != nil {
		return err
	}
	if ends.Before(begins) || ends.Sub(begins) > maxDays {
		return fault.Validation(fault.Field{Location: "query.to", Message: "must not be before from, nor more than a year behind it"})
	}
	return nil
}

// scope names the list that a cursor continues.
func (want statement) scope(who web.Caller) string {
	return scopeOf(who, "statement", string(want.book.Currency), string(want.account), string(want.from), string(want.to))
}

// lines lists the movements behind a part's beginning.
func (s *Service) lines(r *http.Request, want statement, p *part) iter.Seq2[store.Line, error] {
	all := s.Store.Statement(r.Context(), want.book, want.account, want.from, want.to, p.after)
	return cut(p, store.Line.Position, all)
}

func (s *Service) statementPage(r *http.Request, want statement) ([]byte, error) {
	scope := want.scope(web.CallerOf(r.Context()))
	p, err := s.partOf(want.limit, scope, want.cursor)
	if err != nil {
		return nil, err
	}
	out := page.List[StatementLine]{Items: []StatementLine{}}
	for l, err := range s.lines(r, want, p) {
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, statementLine(l))
	}
	if p.more {
		out.NextCursor = s.Cursors.Sign(scope, p.ended.String())
	}
	return web.Render(out)
}

func statementLine(l store.Line) StatementLine {
	out := StatementLine{
		Entry: l.ID, Kind: string(l.Kind), Day: string(l.Day), At: object.Instant(l.At), PostedAt: object.Instant(l.PostedAt),
		Change: money.Of(l.Change, l.Currency), Balance: money.Of(l.Balance, l.Currency),
	}
	if object := l.Object; !object.IsZero() {
		out.Object = &object
		if object.Family() != ids.Root {
			order := object.Root()
			out.Order = &order
		}
	}
	return out
}

func (s *Service) statementFile(r *http.Request, want statement) (f file, err error) {
	f.scope = want.scope(web.CallerOf(r.Context()))
	if f.part, err = s.partOf(want.limit, f.scope, want.cursor); err != nil {
		return f, err
	}
	f.media = csvMedia + "; charset=utf-8"
	f.name = "statement-" + string(want.from) + "-" + string(want.to) + "-" + string(want.book.Currency) + ".csv"
	lines := s.lines(r, want, f.part)
	f.write = func(w io.Writer) error { return writeStatement(w, want, lines) }
	return f, nil
}

// writeStatement writes the lines as CSV. Nothing in it was chosen by a stranger: no cell can be a formula.
func writeStatement(w io.Writer, want statement, lines iter.Seq2[store.Line, error]) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	decimal := func(minor int64) string { return money.Of(minor, want.book.Currency).Decimal() }
	if want.excel {
		out.Comma = ';'
		plain := decimal
		decimal = func(minor int64) string { return strings.Replace(plain(minor), ".", ",", 1) }
	}
	if err := out.Write([]string{"posted_at", "day", "kind", "order_uuid", "object", "entry", "change", "balance", "currency"}); err != nil {
		return fault.Internal(err)
	}
	for l, err := range lines {
		if err != nil {
			return err
		}
		shown := statementLine(l)
		order, object := "", ""
		if shown.Order != nil {
			order = shown.Order.String()
		}
		if shown.Object != nil {
			object = shown.Object.String()
		}
		row := []string{shown.PostedAt, shown.Day, shown.Kind, order, object, shown.Entry, decimal(l.Change), decimal(l.Balance), string(l.Currency)}
		if err := out.Write(row); err != nil {
			return fault.Internal(err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fault.Internal(err)
	}
	return nil
}
