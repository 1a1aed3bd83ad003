package api

import (
	"context"
	"net/http"
	"time"

	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/platform/web"
)

const (
	// MaxRegister bounds a register, in bytes: several million lines.
	MaxRegister = 512 << 20
	// uploadTime is how long a register may take to arrive and to be held against the ledger.
	uploadTime = 10 * time.Minute
)

const runDescription = "The body is the bank's whole register of the account and period: `text/csv`, a spreadsheet " +
	"(`application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`), or `multipart/form-data` with a part `mapping` (JSON) and then " +
	"a part `register` of one of these types. It is read as it streams in, up to 512 MB; behind AWS API Gateway a body has at most 6 MB and " +
	"an answer at most 29 seconds, so larger registers are cut by day or sent to a platform on one machine.\n\n" +
	"Query: `account` (id), `from` and `to` (days of the bank, or times of RFC 3339; `to` is not part of the period), `mode` (`test` or " +
	"`live`, the default), `mapping` (the name of a known one; default: that of the account's provider), `grace_hours` (0 … 744, default 3: how " +
	"long an operation may be under way before its absence is a break).\n\n" +
	"The answer is 200 with the object Reconciliation, as match-payouts gives it. A repeated run doubles nothing; another register of the same account " +
	"and period takes the place of the first. New breaks open an alarm."

// RunReconciliation serves POST /api/v1/admin/reconciliation: a bank's register against the ledger.
func (s *Service) RunReconciliation() web.Endpoint {
	return web.Raw(web.Operation{
		Name: "run-reconciliation", Method: "POST", Path: "/api/v1/admin/reconciliation", API: "admin", Caller: web.Operator, Scope: Reconcile,
		Summary: "Hold a bank's register against the ledger", Description: runDescription, MaxBody: MaxRegister,
		Refuses: []string{
			"account_not_found", "malformed_query", "reconciliation_period_invalid", "reconciliation_invalid", "reconciliation_too_different",
			"register_broken", "register_too_large", "register_heading_missing", "register_reference_repeated", "register_unreadable",
			"register_mapping_unknown", "register_join_unsupported", "ledger_index_behind", "break_changed_meanwhile",
		},
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, done := patient(w, r)
		defer done()
		answer, err := s.runReconciliation(r.WithContext(ctx))
		var body []byte
		if err == nil {
			body, err = web.Render(answer)
		}
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body)
	}))
}

// patient takes the limits of a connection away, which are meant for small bodies, and sets one for the whole call in their
// place. Where there is no connection, as on Lambda, there is none to move.
func patient(w http.ResponseWriter, r *http.Request) (ctx context.Context, done func()) {
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Time{})
	_ = connection.SetWriteDeadline(time.Time{})
	ctx, cancel := context.WithTimeout(r.Context(), uploadTime)
	stop := context.AfterFunc(ctx, func() { _ = connection.SetReadDeadline(time.Unix(1, 0)) }) // long ago: whoever reads, ends
	return ctx, func() { stop(); cancel() }
}

func (s *Service) runReconciliation(r *http.Request) (Reconciliation, error) {
	q, err := readQuery(r.URL.RawQuery)
	if err != nil {
		return Reconciliation{}, err
	}
	in := &arriving{from: r.Body}
	r.Body = in
	register, err := s.registerOf(r, q)
	if err != nil {
		return Reconciliation{}, in.orElse(err)
	}
	from, to, err := bounds(q.from, q.to, "query.", zoneOf(register.Mapping))
	if err != nil {
		return Reconciliation{}, err
	}
	p := reconciling.Period{Mode: q.mode, Account: q.account, From: from, To: to, Grace: q.grace, Operator: operatorOf(r.Context())}
	out, err := s.Reconciler.Run(r.Context(), p, register)
	if err != nil {
		return Reconciliation{}, in.orElse(err)
	}
	return shown(p, out), nil
}
