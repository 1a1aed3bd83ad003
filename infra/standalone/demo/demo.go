// Package demo plays the main road of a payment unattended: it starts a server of its own, talks to it over HTTP as a
// partner, a payer, a bank and an operator would, kills it in the worst moment, and ends well only if every step held.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Limit is how long the whole demonstration may take.
const Limit = 3 * time.Minute

// Play plays the demonstration and tells it to out. Its error names the step that did not hold.
func Play(ctx context.Context, out io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	dir, err := os.MkdirTemp("", "giberno-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &stage{ctx: ctx, out: out, dir: dir}
	began := time.Now()
	if err := s.start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.play((*stage).withinOneDay); err != nil {
		return err
	}
	for _, scene := range scenes {
		fmt.Fprintf(out, "\n%s\n", scene.title)
		if err := s.play(scene.play); err != nil {
			return fmt.Errorf("%s: %w\nthe server's log:\n%s", scene.title, err, s.logTail())
		}
	}
	fmt.Fprintf(out, "\nEvery step held: %d facts in %.1f s.\n", s.facts, time.Since(began).Seconds())
	return nil
}

var scenes = []struct {
	title string
	play  func(*stage)
}{
	{"An order is paid by card, from the link to the fiscal receipt", (*stage).paidByCard},
	{"The same notification again, and a forged one", (*stage).duplicateAndForged},
	{"SBP, the bank refuses, the payer tries again", (*stage).declinedThenSBP},
	{"The payer changes his mind", (*stage).changeOfMind},
	{"The bank's answer to Init is lost", (*stage).lostAnswer},
	{"kill -9 between the bank's call and our write", (*stage).killed},
	{"A held payment is captured, another one released", (*stage).held},
	{"Lines of an order go back, then the rest", (*stage).refundedByLines},
	{"60 twice in the same moment of 100", (*stage).sixtyTwice},
	{"A refund by SBP: refused by the bank, then done", (*stage).refundedBySBP},
	{"The goods of a prepayment are given", (*stage).fulfilled},
	{"A bank without a till: the receipt by ATOL", (*stage).byOurTill},
	{"The partner's server hears what happens", (*stage).told},
	{"An order is cancelled, another one expires", (*stage).cancelledAndExpired},
	{"The books of both sides", (*stage).books},
	{"The day is settled, and paid out", (*stage).settled},
	{"The bank's register, with three planted differences", (*stage).reconciled},
	{"Every balance is rebuilt from its entries", (*stage).verified},
}

// failure is what a fact that did not hold throws; play catches it.
type failure struct{ err error }

func (s *stage) play(f func(*stage)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			caught, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = caught.err
		}
	}()
	f(s)
	return nil
}

// fact prints a step that held, or ends the demonstration.
func (s *stage) fact(holds bool, text string, args ...any) {
	said := fmt.Sprintf(text, args...)
	if !holds {
		panic(failure{fmt.Errorf("it does not hold that %s", said)})
	}
	s.facts++
	fmt.Fprintf(s.out, "  ✓ %s\n", said)
}

// must ends the demonstration on an error.
func (s *stage) must(err error) {
	if err != nil {
		panic(failure{err})
	}
}
