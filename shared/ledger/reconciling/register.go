package reconciling

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconcile/xlsx"
	"giberno.ru/shared/ledger/store"
)

// Form is what a register is written as.
type Form int

// The forms.
const (
	CSV Form = iota
	XLSX
)

// Register is a bank's register of a period: all of it, for what it does not have the bank does not have.
type Register struct {
	Form    Form
	Content io.Reader
	Mapping reconcile.Mapping
}

// The faults of a register beside those of reconcile.
var (
	ErrNothingRead = fault.Invalid("register_unreadable", "Not one line of the register could be read: is it the right mapping?")
	ErrMapping     = fault.Invalid("register_mapping_unknown", "The registers of this provider have no mapping yet: send one.")
	ErrJoin        = fault.Invalid("register_join_unsupported", "The ledger knows payments by our reference: the mapping must join by it.")
)

var mappings = map[string]func() reconcile.Mapping{"tbank": reconcile.TBank}

// Mapping finds the mapping of a name, or with "" that of the account's provider. It fails with ErrMapping, or with the fault of
// an account that is not there.
func (r *Reconciler) Mapping(ctx context.Context, m ids.Mode, account ids.ID, name string) (reconcile.Mapping, error) {
	if name == "" {
		a, err := r.Account(ctx, m, account)
		if err != nil {
			return reconcile.Mapping{}, err
		}
		name = a.Provider
	}
	known, ok := mappings[name]
	if !ok {
		return reconcile.Mapping{}, ErrMapping
	}
	return known(), nil
}

// Run holds a register against the ledger and keeps the breaks. It fails with ErrPeriod, the faults of reconcile and its Mapping,
// the fault of an account that is not there, ErrNothingRead, and with store.ErrBehind and store.ErrBreakMoved, after which the
// same may be tried again. A repeated run keeps nothing twice; another register of the same account and period takes the
// place of the first.
func (r *Reconciler) Run(ctx context.Context, p Period, register Register) (Outcome, error) {
	run, err := p.run(register.Mapping.By, r.Clock.Now())
	if err != nil {
		return Outcome{}, err
	}
	if err := register.Mapping.Validate(); err != nil {
		return Outcome{}, err
	}
	if run.By != reconcile.ByReference {
		return Outcome{}, ErrJoin
	}
	if _, err := r.Account(ctx, p.Mode, p.Account); err != nil {
		return Outcome{}, err
	}
	lines := reconcile.NewSorter(run.By, r.Folder, r.SortBytes)
	facts := reconcile.NewSorter(run.By, r.Folder, r.SortBytes)
	out, err := r.hold(ctx, p, run, register, facts, lines)
	if err := errors.Join(err, facts.Close(), lines.Close()); err != nil {
		return Outcome{}, err
	}
	return out, nil
}

func (r *Reconciler) hold(ctx context.Context, p Period, run reconcile.Run, register Register, facts, lines *reconcile.Sorter) (out Outcome, err error) {
	out.Run = kept(run, p.Operator)
	sum := sha256.New()
	register.Content = io.TeeReader(register.Content, sum)
	if err := r.read(register, sum, lines, &out.Report); err != nil {
		return out, err
	}
	out.Register = ledger.Hash(sum.Sum(nil))
	if out.Report.Accepted == 0 && out.Report.Rejected > 0 {
		return out, unreadable(out.Report)
	}
	if err := facts.AddAll(r.facts(ctx, p.Mode, p.Account, run)); err != nil {
		return out, err
	}
	known, err := r.known(ctx, run)
	if err != nil {
		return out, err
	}
	moreFacts, moreLines := reconcile.Carried(run, asKept(known))
	if err := errors.Join(facts.AddAll(each(moreFacts)), lines.AddAll(each(moreLines))); err != nil {
		return out, err
	}
	found, err := reconcile.Collect(reconcile.Match(run, facts.Sorted(), lines.Sorted(), &out.Summary))
	if err != nil {
		return out, err
	}
	out.Changes, err = r.keep(ctx, p, run, known, found)
	if err != nil {
		return out, err
	}
	return out, r.Store.KeepRun(ctx, out.Run)
}

// kept is a run as it will be kept.
func kept(run reconcile.Run, operator string) store.Run {
	return store.Run{ID: store.RunID(run.Account, run.From, run.To), Side: run.Account, From: run.From, To: run.To,
		GraceSec: int64(run.Grace.Seconds()), By: operator, At: run.Now}
}

// read takes the register's operations into the sorter. sum has then seen the whole file.
func (r *Reconciler) read(register Register, sum hash.Hash, lines *reconcile.Sorter, report *reconcile.Report) error {
	if register.Form == CSV {
		err := lines.AddAll(reconcile.ReadCSV(register.Content, register.Mapping, r.Limits, report))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, register.Content) // nothing is left; but nobody has promised that
		return err
	}
	// The directory of a spreadsheet stands at its end, so it has to lie somewhere first.
	f, err := os.CreateTemp(r.Folder, "register-*")
	if err != nil {
		return fault.Internal(err)
	}
	size, err := io.Copy(f, io.LimitReader(register.Content, r.Limits.OrDefault().Bytes+1))
	if err == nil {
		err = lines.AddAll(xlsx.Read(f, size, register.Mapping, r.Limits, report))
	}
	if gone := errors.Join(f.Close(), os.Remove(f.Name())); gone != nil {
		err = errors.Join(err, fault.Internal(gone))
	}
	return err
}

// unreadable says of the first lines why they could not be read.
func unreadable(report reconcile.Report) error {
	refusal := ErrNothingRead
	for _, p := range report.Problems[:min(len(report.Problems), 10)] {
		refusal = refusal.At(fmt.Sprintf("line %d", p.Line), p.Reason)
	}
	return refusal
}

func each(operations []reconcile.Operation) iter.Seq2[reconcile.Operation, error] {
	return func(yield func(reconcile.Operation, error) bool) {
		for _, o := range operations {
			if !yield(o, nil) {
				return
			}
		}
	}
}
