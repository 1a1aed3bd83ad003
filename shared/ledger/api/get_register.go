package api

import (
	"io"
	"iter"
	"net/http"
	"strings"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/register"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/web"
)

// The media types of files.
const (
	csvMedia  = "text/csv"
	xlsxMedia = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// ErrNotAcceptable is the refusal of a form that a file cannot have here.
var ErrNotAcceptable = fault.Malformed("not_acceptable", "The file is not made in this form; ask for text/csv.")

// GetRegister serves GET /api/v1/settlement/{id}/register: the operations of a settlement, as CSV or XLSX.
func (s *Service) GetRegister() web.Endpoint {
	return web.Raw(web.Operation{
		Name: "get-register", Method: "GET", Path: "/api/v1/settlement/{id}/register", API: "payments", Caller: web.Partner,
		Summary: "Get the operations of a settlement as a file",
		Description: "`Accept: text/csv` (default) or `" + xlsxMedia + "`. Query: `locale` (ru, kk, en) of the headings; `form=excel` " +
			"for semicolons and decimal commas; `lines` and `cursor` for a part of the file of so many lines or fewer: its header `" + NextCursor + "` says where " +
			"the next part begins, and its totals are its own. Lines are in the order of time; the last row has the totals.",
		Refuses: []string{"settlement_not_found", "settlement_open", "file_too_large", "not_acceptable", "invalid_cursor",
			"ledger_index_behind", "malformed_query", "register_too_long", "amount_out_of_range"},
	}, http.HandlerFunc(s.getRegister))
}

func (s *Service) getRegister(w http.ResponseWriter, r *http.Request) {
	f, err := s.registerOf(r)
	if err != nil {
		web.Fail(w, r, err)
		return
	}
	s.answer(w, r, f)
}

// registerOf reads what is wanted and prepares the file.
func (s *Service) registerOf(r *http.Request) (f file, err error) {
	who := web.CallerOf(r.Context())
	q, err := readQuery(r)
	if err != nil {
		return f, err
	}
	head := register.Head{Locale: q.word("locale", "ru", "kk", "en")}
	form := register.Form{Semicolon: q.word("form", "plain", "excel") == "excel"}
	lines, cursor := q.number("lines", maxPart, 0), q.text("cursor")
	if err := q.done(); err != nil {
		return f, err
	}
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return f, ledger.ErrSettlementNotFound
	}
	f.scope = scopeOf(who, "register", id.String())
	if f.part, err = s.partOf(lines, f.scope, cursor); err != nil {
		return f, err
	}
	made, err := s.settlement(r.Context(), id)
	if err != nil {
		return f, err
	}
	if made.Status == ledger.SettlementOpen {
		return f, ledger.ErrSettlementOpen
	}
	partner, err := s.Partners.Partner(r.Context(), who.Partner)
	if err != nil {
		return f, err
	}
	head.Currency, head.Zone = made.Currency, partner.Zone
	all := s.Registers.Lines(r.Context(), made, f.part.after)
	rows := linesOf(cut(f.part, func(l settle.Listed) store.Position { return l.Place }, all))
	f.name = "register-" + string(made.Day) + "-" + string(made.Currency)
	if !strings.Contains(r.Header.Get("Accept"), xlsxMedia) {
		f.media, f.name = csvMedia+"; charset=utf-8", f.name+".csv"
		f.write = func(w io.Writer) error { _, err := register.WriteCSV(w, head, form, rows); return err }
		return f, nil
	}
	if s.Spreadsheet == nil {
		return f, ErrNotAcceptable
	}
	f.media, f.name = xlsxMedia, f.name+".xlsx"
	f.write = func(w io.Writer) error { _, err := s.Spreadsheet(w, head, rows); return err }
	return f, nil
}

func linesOf(listed iter.Seq2[settle.Listed, error]) iter.Seq2[register.Line, error] {
	return func(yield func(register.Line, error) bool) {
		for l, err := range listed {
			if !yield(l.Line, err) {
				return
			}
		}
	}
}
