package tills

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// paperOf gives the document that the till made of a receipt, as it read it out of our bytes.
func (w *world) paperOf(r payments.Receipt) simulator.Receipt {
	w.t.Helper()
	paper := w.printed()["t"+r.ID.String()]
	require.Len(w.t, paper, 1)
	return paper[0]
}

// settledSale is a world with a sale that is through.
func settledSale(t *testing.T, o options) (*world, context.Context) {
	t.Helper()
	w, ctx := setup(t, o), context.Background()
	w.paid(ctx)
	w.settle(ctx)
	w.requireBooks(ctx)
	return w, ctx
}

func TestSale(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v4", "v5"} {
		t.Run("InOneMinuteWith"+version, func(t *testing.T) {
			t.Parallel()
			w, ctx := setup(t, options{version: version}), context.Background()
			w.paid(ctx)
			w.settle(ctx)
			whole := w.requireBooks(ctx)
			require.Len(t, whole.Receipts, 1)
			require.Less(t, whole.Receipts[0].MailedAt.Sub(start), time.Minute)
			r := whole.Receipts[0]
			require.Equal(t, payments.ReceiptID(whole.Payments[0].ID), r.ID)
			paper := w.paperOf(r)
			require.Equal(t, []string{"sell", version, "t" + r.ID.String() + ".0"}, []string{paper.Operation, paper.Version, paper.ExternalID})
			require.Equal(t, total.Amount, paper.Total)
			require.Len(t, paper.Lines, 2)
			require.Contains(t, string(paper.Body), partner.INN, "the partner is the supplier")
			require.Contains(t, string(paper.Body), "paying_agent")
			letter := w.outbox.Messages()[0].Message
			require.Equal(t, "buyer@example.com", letter.To)
			for _, fact := range []string{r.Fiscal.FN, "Школа", r.Fiscal.URL} {
				require.Contains(t, letter.Text, fact)
			}
			require.Equal(t, 1, w.line.count("atol getToken"))
			require.Equal(t, 1, w.line.count("atol register"))
		})
	}
	t.Run("TheTokenEnds", func(t *testing.T) {
		t.Parallel()
		w, ctx := setup(t, options{}), context.Background()
		w.paid(ctx)
		w.pass(ctx, 5*time.Second, 4)
		require.Equal(t, 1, w.atol.ExpireTokens(""))
		w.givesBack(ctx, payments.RefundWish{Amount: 1})
		w.settle(ctx)
		w.requireBooks(ctx)
		require.Equal(t, 2, w.line.count("atol getToken"))
	})
}

func TestRefundsInParts(t *testing.T) {
	t.Parallel()
	w, ctx := settledSale(t, options{})
	w.givesBack(ctx, payments.RefundWish{Parts: []payments.Part{{Line: 1, Quantity: 500}}})
	w.givesBack(ctx, payments.RefundWish{Amount: 10_001}) // before the first has its receipt
	w.settle(ctx)
	w.givesBack(ctx, payments.RefundWish{})
	w.settle(ctx)
	whole := w.requireBooks(ctx)
	require.Len(t, whole.Receipts, 4)
	var back int64
	for _, r := range whole.Receipts[1:] {
		paper := w.paperOf(r)
		require.Equal(t, "sell_refund", paper.Operation)
		require.Equal(t, receipts.IncomeReturn, r.Fiscal.Kind)
		back += paper.Total
	}
	require.Equal(t, total.Amount, back)
	require.Equal(t, payments.OrderRefunded, whole.Status())
}

func TestFulfilmentLineByLine(t *testing.T) {
	t.Parallel()
	w, ctx := settledSale(t, options{})
	first := w.fulfils(ctx, payments.Part{Line: 1, Quantity: 1000})
	second := w.fulfils(ctx, payments.Part{Line: 1, Quantity: 500}, payments.Part{Line: 2, Quantity: 1000})
	w.settle(ctx)
	third := w.fulfils(ctx)
	w.settle(ctx)
	w.requireBooks(ctx)
	var closed int64
	for _, r := range []payments.Receipt{first, second, third} {
		paper := w.paperOf(r)
		require.Equal(t, "sell", paper.Operation)
		var body struct {
			Receipt struct {
				Payments []struct {
					Type int
					Sum  json.Number
				}
				Items []struct {
					Mode string `json:"payment_method"`
				}
			}
		}
		require.NoError(t, json.Unmarshal(paper.Body, &body))
		require.Len(t, body.Receipt.Payments, 1)
		require.Equal(t, 2, body.Receipt.Payments[0].Type, "paid from the advance (tag 1215)")
		for _, item := range body.Receipt.Items {
			require.Equal(t, "full_payment", item.Mode)
		}
		closed += paper.Total
	}
	require.Equal(t, total.Amount, closed)
	_, _, err := payments.BeginFulfil(w.load(ctx), nil, "", "", w.clock.Now())
	require.ErrorIs(t, err, payments.ErrNotFulfillable)
}

func TestCorrection(t *testing.T) {
	t.Parallel()
	for version, c := range map[string]struct {
		kind      receipts.Kind
		operation string
	}{"v4": {receipts.IncomeCorrection, "sell_correction"}, "v5": {receipts.IncomeReturnCorrection, "sell_refund_correction"}} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w, ctx := settledSale(t, options{version: version})
			_, r, _, err := w.proc.Teller.Correct(ctx, w.load(ctx), payments.CorrectionWish{Kind: c.kind, Amount: 70_000, Line: 1, By: "anna",
				Corrects: receipts.Correction{Type: receipts.CorrectionInstruction, Date: start.Add(-24 * time.Hour), Number: "17-А"}})
			require.NoError(t, err)
			w.settle(ctx)
			w.requireBooks(ctx)
			paper := w.paperOf(r)
			require.Equal(t, c.operation, paper.Operation)
			require.EqualValues(t, 70_000, paper.Total)
			require.Contains(t, string(paper.Body), "17-А")
		})
	}
}

func TestTheTillFails(t *testing.T) {
	t.Parallel()
	fails := func(t *testing.T, f simulator.Fault) (*world, context.Context) {
		w, ctx := setup(t, options{}), context.Background()
		f.Call = "till"
		require.NoError(t, w.atol.SetFault(f))
		w.paid(ctx)
		return w, ctx
	}
	for _, kind := range []simulator.FaultKind{simulator.FaultDriver, simulator.FaultTimeout, simulator.FaultAgent} {
		t.Run("AnotherNameAfter_"+string(kind), func(t *testing.T) {
			t.Parallel()
			w, ctx := fails(t, simulator.Fault{Fault: kind})
			w.settle(ctx)
			r := w.requireBooks(ctx).Receipts[0]
			require.Equal(t, 1, r.Tries)
			require.Empty(t, r.Failure)
			require.Equal(t, "t"+r.ID.String()+".1", w.paperOf(r).ExternalID)
			require.Empty(t, w.alarms(ctx))
		})
	}
	t.Run("ForGoodCallsAnOperator", func(t *testing.T) {
		t.Parallel()
		w, ctx := fails(t, simulator.Fault{Fault: simulator.FaultDriver, Code: 128, Times: payments.MaxReceiptTries})
		w.settle(ctx)
		whole := w.load(ctx)
		require.Equal(t, payments.ReceiptFailed, whole.Receipts[0].Status)
		require.NotEmpty(t, whole.Receipts[0].Failure)
		require.Equal(t, []payments.AlarmKind{payments.FailedReceipt}, w.alarms(ctx))
		require.Empty(t, w.printed())
		require.Len(t, w.atol.Receipts(10), payments.MaxReceiptTries)
		require.Empty(t, w.outbox.Messages())
		w.requireLedger(ctx, whole)
		w.requireQuiet(ctx)
	})
	t.Run("BrokenForAnHourIsAskedAnew", func(t *testing.T) {
		t.Parallel()
		w, ctx := fails(t, simulator.Fault{Fault: simulator.FaultDriver, Times: payments.MaxReceiptTries + 2})
		w.settle(ctx)
		r := w.requireBooks(ctx).Receipts[0]
		require.Equal(t, payments.MaxReceiptTries+2, r.Tries, "a broken till says nothing about the receipt")
		require.Greater(t, r.Fiscal.IssuedAt.Sub(start), 30*time.Minute, "it is given time")
		require.NotContains(t, w.alarms(ctx), payments.FailedReceipt)
	})
	t.Run("ErrNobodyKnowsIsNeverTriedAnew", func(t *testing.T) {
		t.Parallel()
		w, ctx := fails(t, simulator.Fault{Fault: simulator.FaultUnknown})
		w.pass(ctx, time.Minute, 90)
		require.Equal(t, payments.ReceiptPending, w.load(ctx).Receipts[0].Status)
		require.Equal(t, []payments.AlarmKind{payments.ReceiptMissing}, w.alarms(ctx))
		require.Len(t, w.atol.Receipts(10), 1, "under another name there might be two")
	})
	t.Run("ItGetsToItAnHourLater", func(t *testing.T) {
		t.Parallel()
		w, ctx := fails(t, simulator.Fault{Fault: simulator.FaultStuck})
		w.settle(ctx)
		w.requireBooks(ctx)
		require.Len(t, w.atol.Receipts(10), 1)
	})
}

func TestLostAnswersAreRepeatedUnderTheSameName(t *testing.T) {
	t.Parallel()
	for _, kind := range []simulator.FaultKind{simulator.FaultLostAnswer, simulator.Fault500After, simulator.FaultGarbage, simulator.FaultUnknownStatus,
		simulator.FaultLostRequest, simulator.Fault500Before} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w, ctx := setup(t, options{}), context.Background()
			require.NoError(t, w.atol.SetFault(simulator.Fault{Call: "register", Fault: kind}))
			w.paid(ctx)
			w.settle(ctx)
			r := w.requireBooks(ctx).Receipts[0]
			require.Zero(t, r.Tries)
			require.Len(t, w.atol.Receipts(10), 1, "exactly one document")
			require.Empty(t, w.alarms(ctx))
		})
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	for _, kind := range []simulator.FaultKind{"", simulator.FaultDrop, simulator.FaultLate, simulator.FaultDuplicate, simulator.FaultForged} {
		t.Run("OnlyTheReportIsBelieved_"+string(kind), func(t *testing.T) {
			t.Parallel()
			w, ctx := setup(t, options{}), context.Background()
			if kind != "" {
				require.NoError(t, w.atol.SetFault(simulator.Fault{Call: "notice", Fault: kind}))
			}
			w.paid(ctx)
			w.settle(ctx)
			w.requireBooks(ctx)
			require.Empty(t, w.alarms(ctx))
		})
	}
	t.Run("OfStrangersAskNobody", func(t *testing.T) {
		t.Parallel()
		w, ctx := settledSale(t, options{})
		asked := w.line.count("atol report")
		r := w.load(ctx).Receipts[0]
		for name, text := range map[string]string{
			"another order":   "t" + ids.FromParts("nobody").Child(ids.PaymentReceipt, 1).String() + ".0",
			"another world":   "l" + r.ID.String() + ".0",
			"another receipt": "t" + orderID.Child(ids.RefundReceipt, 1).String() + ".0",
			"another try":     "t" + r.ID.String() + ".1",
			"a made one":      "t" + r.ID.String() + ".0",
			"no name":         "hello",
		} {
			body, err := json.Marshal(map[string]string{"uuid": "2ea26f17-0884-4f08-b120-306fc096a58f", "external_id": text, "status": "done"})
			require.NoError(t, err)
			require.NoError(t, w.proc.Cashier.Notice(ctx, body), name)
		}
		require.Equal(t, asked, w.line.count("atol report"))
		require.Error(t, w.proc.Cashier.Notice(ctx, []byte("[]")))
		require.Len(t, w.load(ctx).Receipts, 1)
	})
	t.Run("OfAForgerDoNotMakeAReceiptReady", func(t *testing.T) {
		t.Parallel()
		w, ctx := setup(t, options{}), context.Background()
		w.paid(ctx)
		w.alive(func(p *process) { w.relay(ctx, p) })
		require.NoError(t, w.proc.Cashier.Make(ctx, w.load(ctx), w.load(ctx).Payments[0].ID))
		r := w.load(ctx).Receipts[0]
		lie := `{"uuid":"` + r.TillID + `","external_id":"` + r.DraftID(ids.Test) + `","status":"done","error":null,"payload":{"total":1500,"fn_number":"9999078900000961",
			"fiscal_document_number":1,"fiscal_document_attribute":2,"receipt_datetime":"02.03.2026 12:00:00"}}`
		require.NoError(t, w.proc.Cashier.Notice(ctx, []byte(lie)))
		require.Equal(t, payments.ReceiptPending, w.load(ctx).Receipts[0].Status)
		w.settle(ctx)
		require.NotEqual(t, "9999078900000961", w.requireBooks(ctx).Receipts[0].Fiscal.FN)
	})
}

func TestAReportOfAnotherReceiptIsNotBelieved(t *testing.T) {
	t.Parallel()
	w, ctx := setup(t, options{}), context.Background()
	require.NoError(t, w.atol.SetFault(simulator.Fault{Call: "report", Fault: simulator.FaultWrongTotal, Times: 3}))
	require.NoError(t, w.atol.SetFault(simulator.Fault{Call: "report", Fault: simulator.FaultNotFound, Times: 2}))
	w.paid(ctx)
	w.settle(ctx)
	require.Equal(t, total, w.requireBooks(ctx).Receipts[0].Fiscal.Total)
}

func TestTheServiceIsDeadForHours(t *testing.T) {
	t.Parallel()
	w, ctx := setup(t, options{}), context.Background()
	w.line.dead["atol"] = true
	w.paid(ctx)
	w.givesBack(ctx, payments.RefundWish{Amount: 50_000})
	w.pass(ctx, time.Minute, 59)
	require.Empty(t, w.alarms(ctx), "an hour is not over")
	w.pass(ctx, time.Minute, 11)
	missing := []payments.AlarmKind{payments.ReceiptMissing, payments.ReceiptMissing}
	require.Equal(t, missing, w.alarms(ctx), "one for each receipt")
	w.pass(ctx, 10*time.Minute, 60)
	require.Equal(t, missing, w.alarms(ctx), "an operator is called once")
	w.line.dead["atol"] = false
	w.settle(ctx)
	whole := w.requireBooks(ctx)
	require.Len(t, whole.Receipts, 2)
}

func TestLetters(t *testing.T) {
	t.Parallel()
	t.Run("TheServerIsDownForHours", func(t *testing.T) {
		t.Parallel()
		w, ctx := setup(t, options{}), context.Background()
		w.line.dead["mail"] = true
		w.paid(ctx)
		w.pass(ctx, 5*time.Minute, 100)
		require.Empty(t, w.outbox.Messages())
		require.Equal(t, payments.ReceiptReady, w.load(ctx).Receipts[0].Status)
		w.line.dead["mail"] = false
		w.settle(ctx)
		w.requireBooks(ctx)
		require.Equal(t, 1, w.outbox.Messages()[0].Times)
	})
	t.Run("TheServerIsDownForAWeek", func(t *testing.T) {
		t.Parallel()
		w, ctx := setup(t, options{}), context.Background()
		w.line.dead["mail"] = true
		w.paid(ctx)
		w.pass(ctx, time.Minute, 5)
		w.pass(ctx, time.Hour, 7*24)
		require.Empty(t, w.outbox.Messages())
		w.requireQuiet(ctx)
	})
	t.Run("TheAddressIsRefused", func(t *testing.T) {
		t.Parallel()
		w, ctx := setup(t, options{}), context.Background()
		w.refuse = mail.ErrRefused
		w.paid(ctx)
		w.settle(ctx)
		w.requireQuiet(ctx)
		r := w.load(ctx).Receipts[0]
		require.Equal(t, payments.ReceiptReady, r.Status)
		require.True(t, r.MailedAt.IsZero())
		require.False(t, strings.Contains(r.Failure, "@"), "no address is kept twice")
		require.Equal(t, 1, w.line.count("mail send"), "never again")
		require.Empty(t, w.alarms(ctx))
	})
}
