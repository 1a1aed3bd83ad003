package world

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/ledger"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

// hasty takes silence for a refusal.
type hasty struct{ cashier.Service }

func (s hasty) Register(ctx context.Context, a atol.Account, d receipts.Draft) (atol.Registered, error) {
	got, err := s.Service.Register(ctx, a, d)
	if err != nil && atol.ClassOf(err) == atol.Unknown {
		err = &atol.Error{Class: atol.BadRequest, Cause: err}
	}
	return got, err
}

// credulous takes a receipt that waits for the till for one that it has made.
type credulous struct {
	cashier.Service
	drafts map[string]receipts.Draft
}

func (s *credulous) Register(ctx context.Context, a atol.Account, d receipts.Draft) (atol.Registered, error) {
	got, err := s.Service.Register(ctx, a, d)
	if err == nil {
		s.drafts[got.UUID] = d
	}
	return got, err
}

func (s *credulous) Report(ctx context.Context, a atol.Account, uuid string) (atol.Report, error) {
	got, err := s.Service.Report(ctx, a, uuid)
	d, known := s.drafts[uuid]
	if err != nil || got.State != atol.Waiting || !known {
		return got, err
	}
	total, err := d.Document.Total()
	got.State, got.Fiscal = atol.Done, &receipts.Fiscal{Total: total, FN: "9999078900000001", FD: int64(len(s.drafts)), FP: 1, IssuedAt: d.At}
	return got, err
}

// talkative writes every letter twice.
type talkative struct{ mail.Sender }

func (s *talkative) Send(ctx context.Context, m mail.Message) error {
	if err := s.Sender.Send(ctx, m); err != nil {
		return err
	}
	m.Key += "/again"
	return s.Sender.Send(ctx, m)
}

// mute sends nothing and says that it did.
type mute struct{ mail.Sender }

func (mute) Send(context.Context, mail.Message) error { return nil }

// postings changes the entries that are sent to the ledger.
func postings(change func(ledger.Entry) []ledger.Entry) func(queue.Queue) queue.Queue {
	return func(q queue.Queue) queue.Queue { return changed{q, change} }
}

type changed struct {
	queue.Queue
	change func(ledger.Entry) []ledger.Entry
}

func (q changed) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	var sent []queue.Job
	for _, j := range jobs {
		var e ledger.Entry
		if !ledgerjobs.Mine(j) || json.Unmarshal(j.Body, &e) != nil {
			sent = append(sent, j)
			continue
		}
		for _, entry := range q.change(e) {
			if job, err := ledgerjobs.PostJob(entry); err == nil {
				sent = append(sent, job)
			}
		}
	}
	for part := range slices.Chunk(sent, queue.MaxBatch) {
		if err := q.Queue.Send(ctx, name, delay, part...); err != nil {
			return err
		}
	}
	return nil
}

func twice(e ledger.Entry) []ledger.Entry {
	again := e
	again.ID += ".again"
	return []ledger.Entry{e, again}
}

func greedy(e ledger.Entry) []ledger.Entry {
	if e.Kind == ledger.KindRefunded {
		e.Facts.OurFee = 0
		e.Postings = slices.DeleteFunc(slices.Clone(e.Postings), func(p ledger.Posting) bool { return p.From == ledger.PlatformFees })
	}
	return []ledger.Entry{e}
}

// uncounted writes all entries of a posting but the first, where there are several.
func uncounted(inner table.Table) table.Table {
	return writes{inner, func(actions []table.Action) []table.Action {
		if len(actions) > 2 && strings.HasPrefix(actions[0].Key().PK, entryPK) && strings.HasPrefix(actions[1].Key().PK, entryPK) {
			return actions[1:]
		}
		return actions
	}}
}

// noDebt forgets what a settlement has left to the next one.
func noDebt(inner table.Table) table.Table {
	return writes{inner, func(actions []table.Action) []table.Action {
		out := slices.Clone(actions)
		for i, a := range actions {
			if strings.HasPrefix(a.Key().PK, bookPK) && a.Key().SK == "HEAD" {
				p := a.Parts()
				delete(p.Row.Attrs, "fwd")
				out[i] = rebuilt(p)
			}
		}
		return out
	}}
}

// paidAgain reads every settlement as one that was not paid out, and writes a payout whether or not there was one.
type paidAgain struct{ table.Table }

func (t paidAgain) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	row, ok, err := t.Table.Get(ctx, key)
	if ok && strings.HasPrefix(key.PK, claimPK) {
		row.Attrs["st"] = table.S(string(ledger.SettlementClosed))
	}
	return row, ok, err
}

func (t paidAgain) Write(ctx context.Context, actions ...table.Action) error {
	out := slices.Clone(actions)
	for i, a := range actions {
		if p := a.Parts(); p.Op == table.UpdateOp && strings.HasPrefix(a.Key().PK, claimPK) {
			p.Conds = nil
			out[i] = rebuilt(p)
		}
	}
	return t.Table.Write(ctx, out...)
}

// nameless gives every transfer that is told a name of its own.
func nameless(inner http.Handler) http.Handler {
	told := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/admin/transfer" {
			raw, err := io.ReadAll(r.Body)
			if err == nil {
				told++
				raw = bytes.Replace(raw, []byte(`"reference":"`), []byte(`"reference":"`+itoa(told)+"-"), 1)
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
			}
		}
		inner.ServeHTTP(w, r)
	})
}

// noBreaks writes no break down.
func noBreaks(inner table.Table) table.Table {
	return writes{inner, func(actions []table.Action) []table.Action {
		return slices.DeleteFunc(slices.Clone(actions), func(a table.Action) bool {
			return strings.HasPrefix(a.Key().PK, ledgerstore.Prefix+"BREAK#") || strings.HasPrefix(a.Key().PK, ledgerstore.Prefix+"RUNS#")
		})
	}}
}
