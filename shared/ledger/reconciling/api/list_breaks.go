package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/web"
)

// BreakSide is how one side tells an operation.
type BreakSide struct {
	Reference string      `json:"reference,omitempty" doc:"Our name of the payment at the bank"`
	BankID    string      `json:"bank_id,omitempty" doc:"The bank's own number"`
	Kind      string      `json:"kind" enum:"payment,refund,chargeback,payout"`
	Status    string      `json:"status" enum:"done,pending,failed"`
	Amount    money.Money `json:"amount"`
	Fee       *int64      `json:"fee,omitempty" doc:"Minor units that the bank keeps; absent: this side does not say"`
	At        string      `json:"at" format:"date-time"`
	Origin    string      `json:"origin" doc:"Where to look: an entry of the ledger, or a line of the register"`
}

// BreakResolution is how a break was closed.
type BreakResolution struct {
	Posting  string `json:"posting" enum:"none,forgive,suspend"`
	Entry    string `json:"entry,omitempty" doc:"The ledger's entry that puts it right"`
	Note     string `json:"note"`
	Operator string `json:"operator"`
	At       string `json:"at" format:"date-time"`
}

// Break is a disagreement between the ledger and a bank.
type Break struct {
	ID         ids.ID           `json:"id"`
	AccountID  ids.ID           `json:"account_id"`
	Livemode   bool             `json:"livemode"`
	Between    string           `json:"between" enum:"operations,payouts" doc:"Payouts: a register's sum and the bank's transfers"`
	Kind       string           `json:"kind" enum:"missing_here,missing_there,amount,fee,status,duplicate"`
	State      string           `json:"state" enum:"transit,open,resolved,vanished"`
	Ours       *BreakSide       `json:"ours,omitempty" doc:"Absent: the ledger has nothing"`
	Theirs     *BreakSide       `json:"theirs,omitempty" doc:"Absent: the bank has nothing"`
	Difference *money.Money     `json:"difference,omitempty" doc:"What the bank has more than the ledger; absent where two currencies meet"`
	Owed       *money.Money     `json:"owed,omitempty" doc:"What the bank owes us more than our books say, fees counted: what a posting moves; absent where two currencies meet"`
	From       string           `json:"from" format:"date-time" doc:"The period of the run that found it first"`
	To         string           `json:"to" format:"date-time"`
	FirstSeen  string           `json:"first_seen" format:"date-time"`
	AgeSec     int64            `json:"age_sec"`
	Owner      string           `json:"owner,omitempty" doc:"The operator who looks after it"`
	Resolution *BreakResolution `json:"resolution,omitempty"`
	Resolving  *BreakResolution `json:"resolving,omitempty" doc:"Decided, and its entry not posted yet: the same call again finishes it"`
}

type listBreaks struct {
	Mode    string `query:"mode" enum:"test,live" default:"live"`
	State   string `query:"state" enum:"open,transit,resolved,vanished" default:"open"`
	Account ids.ID `query:"account" doc:"Only of this account; a page may then be short"`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor  string `query:"cursor" maxLength:"1024"`
}

type breaksAnswer struct{ Body page.List[Break] }

// ListBreaks serves GET /api/v1/admin/breaks: where the ledger and the banks disagree, oldest first.
func (s *Service) ListBreaks() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-breaks", Method: "GET", Path: "/api/v1/admin/breaks", API: "admin", Caller: web.Operator,
		Summary: "List breaks, oldest first", Refuses: []string{"invalid_cursor"},
	}, s.listBreaks)
}

func (s *Service) listBreaks(ctx context.Context, in *listBreaks) (*breaksAnswer, error) {
	scope := ids.FromParts("breaks", operatorOf(ctx), in.Mode, in.State, in.Account.String()).String()
	after, err := s.Cursors.Open(scope, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := s.Reconciler.Store.Breaks(ctx, modeOf(in.Mode), reconcile.State(in.State), after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page.List[Break]{Items: []Break{}}
	for _, b := range list {
		if in.Account.IsZero() || b.Bank() == in.Account {
			out.Items = append(out.Items, s.shownBreak(b))
		}
	}
	if next != "" {
		out.NextCursor = s.Cursors.Sign(scope, next)
	}
	return &breaksAnswer{out}, nil
}

func (s *Service) shownBreak(b store.Break) Break {
	out := Break{
		ID: b.ID, AccountID: b.Bank(), Livemode: b.Mode() == ids.Live, Between: "operations", Kind: string(b.Kind), State: string(b.State),
		Ours: sideOf(b.Ours), Theirs: sideOf(b.Theirs), From: instant(b.From), To: instant(b.To), FirstSeen: instant(b.FirstSeen),
		AgeSec: int64(b.Age(s.Clock.Now()).Seconds()), Owner: b.Owner,
	}
	if b.OfPayouts() {
		out.Between = "payouts"
	}
	if difference, err := b.Difference(); err == nil {
		out.Difference = &difference
	}
	if owed, err := reconciling.Owed(b.Break); err == nil {
		out.Owed = &owed
	}
	if d := b.Decision; d != nil {
		told := &BreakResolution{Posting: d.Posting, Note: d.Note, Operator: d.Operator, At: instant(d.At)}
		if d.Entry != nil {
			told.Entry = d.Entry.ID
		}
		if b.State == reconcile.Resolved {
			out.Resolution = told
		} else {
			out.Resolving = told
		}
	}
	return out
}

func sideOf(o *reconcile.Operation) *BreakSide {
	if o == nil {
		return nil
	}
	side := &BreakSide{Reference: o.Reference, BankID: o.BankID, Kind: string(o.Kind), Status: string(o.Status), Amount: o.Amount,
		At: instant(o.At), Origin: o.Origin}
	if o.FeeKnown {
		side.Fee = &o.Fee
	}
	return side
}
