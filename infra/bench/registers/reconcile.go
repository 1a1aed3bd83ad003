// Package registers measures what works through long lists of operations: the reconciliation of a bank's register with the
// ledger's facts, and the writing of a partner's register.
package registers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
)

// planted are the numbers of the lines that differ, as shares of all: one is missing on either side, one has another amount.
const (
	missingThere = 4 // the line at n/4
	missingHere  = 2 // the one at n/2
	otherAmount  = 3 // the one at n/3
)

// day is the one that the register is about.
var day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.FixedZone("MSK", 3*3600))

// Reconciled is how a reconciliation went.
type Reconciled struct {
	Lines   int
	Bytes   int64
	Reading time.Duration // of the bank's file, and putting it in order
	Facts   time.Duration // putting ours in order
	Match   time.Duration
	Summary reconcile.Summary
}

// Took is all of it.
func (r Reconciled) Took() time.Duration { return r.Reading + r.Facts + r.Match }

// Reconcile holds a register of n lines against as many facts, with three planted differences. Both stream; their order is
// that of nobody's names.
func Reconcile(ctx context.Context, n int) (r Reconciled, err error) {
	if n < 10 {
		return r, errors.New("registers: three differences want ten lines")
	}
	r.Lines = n
	folder, err := os.MkdirTemp("", "giberno-bench")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(folder)
	m := reconcile.TBank()
	theirs, ours := reconcile.NewSorter(m.By, folder, 0), reconcile.NewSorter(m.By, folder, 0)
	defer func() { err = errors.Join(err, theirs.Close(), ours.Close()) }()

	began := time.Now()
	file, report := &bankFile{left: n, n: n, buffer: []byte(headings)}, reconcile.Report{}
	if err := theirs.AddAll(until(ctx, reconcile.ReadCSV(file, m, reconcile.Limits{}, &report))); err != nil {
		return r, err
	}
	r.Reading, r.Bytes = time.Since(began), file.given
	if report.Rejected != 0 || report.Accepted != n-1 {
		return r, fmt.Errorf("registers: %d lines were read and %d rejected: %v", report.Accepted, report.Rejected, report.Problems)
	}

	began = time.Now()
	if err := ours.AddAll(until(ctx, facts(n))); err != nil {
		return r, err
	}
	r.Facts = time.Since(began)

	began = time.Now()
	run := reconcile.Run{Account: "t/bench", From: day, To: day.AddDate(0, 0, 1), By: m.By, Now: day.AddDate(0, 0, 2)}
	found, err := reconcile.Collect(reconcile.Match(run, ours.Sorted(), theirs.Sorted(), &r.Summary))
	if err != nil {
		return r, err
	}
	r.Match = time.Since(began)
	return r, named(found)
}

// named requires that the planted differences were found, and nothing else.
func named(found []reconcile.Break) error {
	want := map[reconcile.BreakKind]bool{reconcile.MissingThere: true, reconcile.MissingHere: true, reconcile.AmountDiffers: true}
	if len(found) != len(want) {
		return fmt.Errorf("registers: %d breaks were found, %d planted", len(found), len(want))
	}
	for _, b := range found {
		if !want[b.Kind] {
			return fmt.Errorf("registers: a break %s was found that nobody planted, or twice", b.Kind)
		}
		delete(want, b.Kind)
	}
	return nil
}

// until ends a sequence with ctx.
func until(ctx context.Context, all iter.Seq2[reconcile.Operation, error]) iter.Seq2[reconcile.Operation, error] {
	return func(yield func(reconcile.Operation, error) bool) {
		for o, err := range all {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// operation is the i-th of n, 1 … n. A multiple of an odd number walks through all names in an order that is not theirs.
func operation(i int) reconcile.Operation {
	return reconcile.Operation{
		Reference: fmt.Sprintf("tabcdefghijklmnopq%07d01", i*7919%10_000_000), BankID: fmt.Sprintf("30%08d", i),
		Kind: reconcile.Payment, Status: reconcile.Done, Amount: money.Of(150_000+int64(i%100), money.RUB), Fee: 2850, FeeKnown: true,
		At: day.Add(time.Duration(i%86_400) * time.Second).UTC(),
	}
}

// facts are the ledger's side.
func facts(n int) iter.Seq2[reconcile.Operation, error] {
	return func(yield func(reconcile.Operation, error) bool) {
		for i := n; i > 0; i-- {
			if i == n/missingHere {
				continue
			}
			if !yield(operation(i), nil) {
				return
			}
		}
	}
}

const headings = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"

// bankFile streams the bank's side, as its mapping reads it.
type bankFile struct {
	left, n int
	buffer  []byte
	given   int64
}

// Read gives the next bytes.
func (f *bankFile) Read(p []byte) (int, error) {
	for len(f.buffer) == 0 {
		if f.left == 0 {
			return 0, io.EOF
		}
		i := f.left
		f.left--
		if i == f.n/missingThere {
			continue
		}
		o := operation(i)
		if i == f.n/otherAmount {
			o.Amount.Amount += 1_00
		}
		f.buffer = fmt.Appendf(f.buffer[:0], "%s;%s;Оплата;Успешно;%d,%02d;28,50;RUB;%s\n", o.Reference, o.BankID,
			o.Amount.Amount/100, o.Amount.Amount%100, o.At.In(day.Location()).Format("02.01.2006 15:04:05"))
	}
	n := copy(p, f.buffer)
	f.buffer = f.buffer[n:]
	f.given += int64(n)
	return n, nil
}
