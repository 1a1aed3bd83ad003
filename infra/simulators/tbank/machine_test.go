package tbank

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMachine(t *testing.T) {
	t.Parallel()
	t.Run("FinalStatusesLeadNowhere", func(t *testing.T) {
		t.Parallel()
		for _, final := range []Status{Canceled, DeadlineExpired, AttemptsExpired, Rejected, Reversed, Refunded} {
			require.Empty(t, edges[final], final)
		}
	})
	t.Run("EveryStatusIsReached", func(t *testing.T) {
		t.Parallel()
		seen := map[Status]bool{Initial: true}
		for queue := []Status{Initial}; len(queue) > 0; queue = queue[1:] {
			for _, to := range edges[queue[0]] {
				if !seen[to] {
					seen[to] = true
					queue = append(queue, to)
				}
			}
		}
		for from := range edges {
			require.True(t, seen[from], from)
		}
		require.Len(t, seen, 23)
	})
	t.Run("ErrMissingEdge", func(t *testing.T) {
		t.Parallel()
		for from := range edges {
			for to := range edges {
				p := &Payment{Status: from}
				err := p.walk(time.Time{}, "test", to)
				require.Equal(t, slices.Contains(edges[from], to), err == nil, "%s → %s", from, to)
			}
		}
	})
}

// TestAnySequence: whatever shop, payer, cabinet and time do, in any order, payments only walk listed edges, and money
// never comes from nowhere.
func TestAnySequence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c, now, _ := config(t)
		c.NoMagicAmounts = true
		b, err := New(c)
		require.NoError(t, err)
		handler := b.Handler()
		names := sortedKeys(outcomes)
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			terminal := rapid.SampledFrom([]string{testTerminal, "TwoStage"}).Draw(r, "terminal")
			order := rapid.SampledFrom([]string{"a", "b"}).Draw(r, "order")
			id := ""
			if p, err := b.Payment(order); err == nil {
				id = p.ID
			}
			amount := rapid.Int64Range(1, 3000).Draw(r, "amount")
			switch step := rapid.IntRange(0, 8).Draw(r, "step"); step {
			case 0, 1:
				b.ask(t, handler, terminal, "Init", answer{"Amount": amount, "OrderId": order})
			case 2:
				b.ask(t, handler, terminal, "GetQr", answer{"PaymentId": id})
			case 3:
				b.ask(t, handler, terminal, "Confirm", answer{"PaymentId": id, "Amount": amount})
			case 4:
				b.ask(t, handler, terminal, "Cancel", answer{"PaymentId": id, "Amount": amount})
			case 5:
				b.ask(t, handler, terminal, "Cancel", answer{"PaymentId": id})
			case 6, 7:
				a := Attempt{Outcome: rapid.SampledFrom(names).Draw(r, "outcome"), TryAgain: rapid.Bool().Draw(r, "again")}
				a.Method = rapid.SampledFrom([]string{"card", "sbp"}).Draw(r, "method")
				a.Code = rapid.SampledFrom([]string{"", "1234", "0"}).Draw(r, "code")
				_, _ = b.Pay(context.Background(), order, a)
			case 8:
				now.Advance(time.Duration(rapid.IntRange(1, 200).Draw(r, "hours")) * time.Hour)
				require.NoError(t, b.Tick(context.Background()))
			}
			for _, p := range b.Payments(100) {
				holds(r, p)
			}
		}
	})
}

// ask makes a signed call and looks only at its form.
func (b *Bank) ask(t *testing.T, handler http.Handler, terminal, method string, fields answer) {
	fields["TerminalKey"] = terminal
	raw := signedBody(fields, b.Terminals()[terminal].Password)
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v2/"+method, strings.NewReader(raw)))
	require.Equal(t, http.StatusOK, rec.Code)
}

// holds checks what is true of every payment at every moment.
func holds(t *rapid.T, p Payment) {
	for i, s := range p.History[1:] {
		if s.From != p.History[i].To || !slices.Contains(edges[s.From], s.To) {
			t.Fatalf("%s → %s is no edge", s.From, s.To)
		}
	}
	if p.Status != p.History[len(p.History)-1].To {
		t.Fatalf("status %s is not where the history ends", p.Status)
	}
	if p.Held < 0 || p.Returned < 0 || p.Returned > p.Captured || p.Held+p.Captured > p.Amount {
		t.Fatalf("held %d, captured %d, returned %d of %d", p.Held, p.Captured, p.Returned, p.Amount)
	}
	if p.Status == Refunded && p.left() != 0 || p.Status == Confirmed && p.left() == 0 || p.Status == Authorized && p.Held == 0 {
		t.Fatalf("%s with held %d and left %d", p.Status, p.Held, p.left())
	}
}
