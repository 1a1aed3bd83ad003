// Package api is the operators' door to reconciliations and their breaks. One endpoint stands in one file; no rule lives here.
package api

import (
	"context"
	"encoding/hex"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/platform/web"
)

// Reconcile is the scope of the operators' tokens that reconcile and work on breaks.
const Reconcile = "reconcile:write"

// Service serves the endpoints.
type Service struct {
	Reconciler *reconciling.Reconciler
	Clock      clock.Clock
	Cursors    page.Signer
}

// Endpoints lists the endpoints, all of operators.
func (s *Service) Endpoints() []web.Endpoint {
	return []web.Endpoint{s.RunReconciliation(), s.MatchPayouts(), s.ListBreaks(), s.AssignBreak(), s.ResolveBreak()}
}

// Sums are what moved in one currency, in minor units.
type Sums struct {
	Count       int   `json:"count"`
	Payments    int64 `json:"payments"`
	Refunds     int64 `json:"refunds"`
	Chargebacks int64 `json:"chargebacks"`
	Fees        int64 `json:"fees" doc:"What the bank keeps"`
}

// UnreadLine is a line of a register that could not be read.
type UnreadLine struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// ImportedRegister says what was read of a register.
type ImportedRegister struct {
	SHA256   string          `json:"sha256" doc:"Of the file"`
	Rows     int             `json:"rows" doc:"With headings, footers and empty ones"`
	Accepted int             `json:"accepted" doc:"Lines that became operations"`
	Skipped  int             `json:"skipped" doc:"Footers, and kinds that are no operations"`
	Rejected int             `json:"rejected" doc:"Their operations seem to be missing there: mend the register or its mapping, and run again"`
	Problems []UnreadLine    `json:"problems" doc:"The first 100 of the rejected"`
	Totals   map[string]Sums `json:"totals" doc:"Of the accepted, by currency"`
}

// BreakChange counts what a run changed about the breaks of one kind.
type BreakChange struct {
	New      int `json:"new"`
	Still    int `json:"still" doc:"Found again and as they were"`
	Opened   int `json:"opened" doc:"They were in transit, and their grace has passed"`
	Reopened int `json:"reopened" doc:"They had vanished, and are back"`
	Vanished int `json:"vanished" doc:"Both sides agree now"`
}

// Reconciliation is what a run found.
type Reconciliation struct {
	ID         ids.ID                 `json:"id" doc:"Of the account and period: a repeated run has the same"`
	AccountID  ids.ID                 `json:"account_id"`
	Livemode   bool                   `json:"livemode"`
	From       string                 `json:"from" format:"date-time"`
	To         string                 `json:"to" format:"date-time"`
	At         string                 `json:"at" format:"date-time"`
	GraceHours int64                  `json:"grace_hours"`
	Register   *ImportedRegister      `json:"register,omitempty" doc:"Absent where payouts were matched"`
	Facts      int                    `json:"facts" doc:"Operations of the ledger; dues, where payouts were matched"`
	Lines      int                    `json:"lines" doc:"Operations of the bank; its transfers, where payouts were matched"`
	Matched    int                    `json:"matched" doc:"Pairs of both sides, whatever else differs"`
	Netted     int                    `json:"netted" doc:"Operations that one of the other side stands for together"`
	Ignored    int                    `json:"ignored" doc:"Unfinished or failed, and unknown to the other side"`
	Transit    int                    `json:"transit" doc:"Differences that the next register may settle"`
	Open       map[string]int         `json:"open" doc:"Open breaks of this run, by kind"`
	Ours       map[string]Sums        `json:"ours" doc:"By currency"`
	Theirs     map[string]Sums        `json:"theirs" doc:"By currency"`
	Agreed     map[string]Sums        `json:"agreed" doc:"Of operations without any break, by currency"`
	Breaks     map[string]BreakChange `json:"breaks" doc:"What this run changed, by kind"`
}

// maxProblems is how many unread lines an answer names.
const maxProblems = 100

func shown(p reconciling.Period, o reconciling.Outcome) Reconciliation {
	out := Reconciliation{
		ID: o.ID, AccountID: p.Account, Livemode: p.Mode == ids.Live, From: instant(o.From), To: instant(o.To), At: instant(o.At),
		GraceHours: o.GraceSec / 3600, Facts: o.Summary.Facts, Lines: o.Summary.Lines, Matched: o.Summary.Matched, Netted: o.Summary.Netted,
		Ignored: o.Summary.Ignored, Transit: o.Summary.Transit, Open: map[string]int{}, Breaks: map[string]BreakChange{},
		Ours: sums(o.Summary.Ours), Theirs: sums(o.Summary.Theirs), Agreed: sums(o.Summary.Agreed),
	}
	for kind, n := range o.Summary.Breaks {
		out.Open[string(kind)] = n
	}
	for kind, c := range o.Changes {
		out.Breaks[string(kind)] = BreakChange(c)
	}
	if o.Register.IsZero() {
		return out
	}
	out.Register = &ImportedRegister{SHA256: hex.EncodeToString(o.Register[:]), Rows: o.Report.Rows, Accepted: o.Report.Accepted,
		Skipped: o.Report.Skipped, Rejected: o.Report.Rejected, Problems: []UnreadLine{}, Totals: sums(o.Report.Totals)}
	for _, one := range o.Report.Problems[:min(len(o.Report.Problems), maxProblems)] {
		out.Register.Problems = append(out.Register.Problems, UnreadLine(one))
	}
	return out
}

func sums(totals reconcile.Totals) map[string]Sums {
	out := make(map[string]Sums, len(totals))
	for currency, total := range totals {
		out[string(currency)] = Sums(total)
	}
	return out
}

const instantForm = "2006-01-02T15:04:05.000Z"

func instant(t time.Time) string { return t.UTC().Format(instantForm) }

// modeOf reads the world that an operator names; his own token belongs to neither.
func modeOf(word string) ids.Mode {
	if word == "live" {
		return ids.Live
	}
	return ids.Test
}

// operatorOf names the person behind an operator's token: somebody with two tokens is still one person.
func operatorOf(ctx context.Context) string {
	who := web.CallerOf(ctx)
	if !who.Person.IsZero() {
		return who.Person.String()
	}
	return who.TokenID
}
