package cashier_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

func TestMake(t *testing.T) {
	t.Parallel()
	t.Run("RegisteredThenReported", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := w.make()
		require.Equal(t, []any{payments.ReceiptPending, number, 0}, []any{r.Status, r.TillID, r.Tries})
		require.Len(t, w.service.registered, 1)
		d := w.service.registered[0]
		require.Equal(t, []any{r.DraftID(ids.Test), receipts.Income, "https://giberno.example/n", w.till.Company}, []any{d.ID, d.Kind, d.NotifyURL, d.Company})
		r = w.make()
		require.Equal(t, payments.ReceiptReady, r.Status)
		require.Equal(t, total, r.Fiscal.Total)
		require.NotEmpty(t, r.Fiscal.QR)
		require.Equal(t, []string{number}, w.service.asked)
		require.Equal(t, r, w.make(), "what is ready is left alone")
		require.Len(t, w.service.registered, 1)
	})
	t.Run("DoneAtOnceIsReportedAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.service.register = func() (atol.Registered, error) { return atol.Registered{UUID: number, State: atol.Done}, nil }
		require.Equal(t, payments.ReceiptReady, w.make().Status)
	})
	t.Run("OfAPlatformTillNamesTheSupplier", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.till.Supplier = &receipts.Supplier{Name: "ООО «Ромашка»", INN: "7728168971", Phone: "+74951234567"}
		w.make()
		require.Equal(t, *w.till.Supplier, w.service.registered[0].Document.Lines[0].Agent.Supplier)
	})
	for class, proven := range map[atol.Class]bool{atol.Unknown: false, atol.Unavailable: false, atol.Config: false, atol.NotFound: false, atol.BadRequest: true} {
		t.Run("RegisterEndsIn_"+class.String(), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.service.register = func() (atol.Registered, error) { return atol.Registered{}, &atol.Error{Class: class} }
			r := w.make()
			require.Equal(t, payments.ReceiptPending, r.Status)
			require.Empty(t, r.TillID)
			require.Equal(t, proven, r.Tries == 1, "only what is proven gets another name")
			w.service.register = waits
			r = w.make()
			require.Equal(t, number, r.TillID)
			require.Equal(t, proven, w.service.registered[0].ID != w.service.registered[1].ID)
			require.Equal(t, payments.ReceiptReady, w.make().Status)
		})
	}
	t.Run("RegisteredAsFailedGetsAnotherName", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.service.register = func() (atol.Registered, error) { return atol.Registered{UUID: number, State: atol.Failed}, nil }
		require.Equal(t, 1, w.make().Tries)
	})
	t.Run("ErrADraftThatNoTillTakesIsNotSent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.till.Company.INN = "1"
		for range payments.MaxReceiptTries {
			w.make()
		}
		require.Equal(t, payments.ReceiptFailed, w.receipt().Status)
		require.Equal(t, []payments.AlarmKind{payments.FailedReceipt}, w.alarms())
		require.Empty(t, w.service.registered)
	})
	t.Run("ErrNoContract", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.tillErr = errGone
		require.ErrorIs(t, w.Make(t.Context(), w.load(), w.load().Payments[0].ID), errGone)
		require.Equal(t, payments.ReceiptPending, w.receipt().Status, "the intent stands, and its due key")
	})
	t.Run("NothingIsOwed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.load()
		for _, child := range []ids.ID{w.order.Child(ids.Payment, 2), w.order.Child(ids.Refund, 1), w.order.Child(ids.FulfilmentReceipt, 1)} {
			require.NoError(t, w.Make(t.Context(), whole, child))
		}
		require.Empty(t, w.load().Receipts)
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	taken := func(t *testing.T, report func(receipts.Draft) (atol.Report, error)) (*world, payments.Receipt) {
		t.Helper()
		w := setup(t)
		w.make()
		w.service.report = report
		return w, w.make()
	}
	another := func(edit func(*atol.Report)) func(receipts.Draft) (atol.Report, error) {
		return func(d receipts.Draft) (atol.Report, error) {
			r, err := done(d)
			edit(&r)
			return r, err
		}
	}
	for name, report := range map[string]func(receipts.Draft) (atol.Report, error){
		"Waiting":           func(receipts.Draft) (atol.Report, error) { return atol.Report{State: atol.Waiting}, nil },
		"Silence":           func(receipts.Draft) (atol.Report, error) { return atol.Report{}, &atol.Error{} },
		"ErrAnotherReceipt": another(func(r *atol.Report) { r.ExternalID = "l" + r.ExternalID[1:] }),
		"ErrAnotherTotal":   another(func(r *atol.Report) { r.Fiscal.Total = money.Of(1, money.RUB) }),
		"ErrNobodyKnows":    undone(atol.Unknown),
	} {
		t.Run("ProvesNothing"+name, func(t *testing.T) {
			t.Parallel()
			w, r := taken(t, report)
			require.Equal(t, []any{payments.ReceiptPending, number, 0}, []any{r.Status, r.TillID, r.Tries})
			require.Positive(t, r.Checks)
			require.True(t, r.Due.After(start))
			w.service.report = done
			require.Equal(t, payments.ReceiptReady, w.make().Status)
			require.Len(t, w.service.registered, 1)
		})
	}
	for _, class := range []atol.Class{atol.Unavailable, atol.BadRequest, atol.Config} {
		t.Run("FailedGetsAnotherName_"+class.String(), func(t *testing.T) {
			t.Parallel()
			w, r := taken(t, undone(class))
			require.Equal(t, []any{payments.ReceiptPending, "", 1}, []any{r.Status, r.TillID, r.Tries})
			require.Contains(t, r.Failure, "it broke")
			w.service.report = done
			w.make()
			r = w.make()
			require.Equal(t, payments.ReceiptReady, r.Status)
			require.Empty(t, r.Failure)
			require.Equal(t, r.DraftID(ids.Test), w.service.registered[1].ID)
		})
	}
	t.Run("ErrADocumentThatAnotherOrderHas", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.make()
		first := w.make()
		require.Equal(t, payments.ReceiptReady, first.Status)
		w.pays("another order")
		w.make()
		r := w.make() // the till names the same document again
		require.Equal(t, payments.ReceiptPending, r.Status)
		require.Equal(t, []payments.AlarmKind{payments.ReceiptConflict}, w.alarms())
		holder, _, err := w.store.Found(t.Context(), ids.Test, partner, "", first.Fiscal.Identity())
		require.NoError(t, err)
		require.Equal(t, first.ID, holder)
		w.service.report = func(d receipts.Draft) (atol.Report, error) {
			got, err := done(d)
			got.Fiscal.FP++
			return got, err
		}
		require.Equal(t, payments.ReceiptReady, w.make().Status)
	})
	t.Run("WhoIsSlowerMovesNoLaterName", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.service.register = func() (atol.Registered, error) {
			w.service.register = func() (atol.Registered, error) {
				return atol.Registered{UUID: "2ea26f17-0884-4f08-b120-306fc096a590", State: atol.Waiting}, nil
			}
			whole := w.load() // meanwhile somebody faster has the number, hears that it failed, and registers the next name
			id := payments.ReceiptID(whole.Payments[0].ID)
			w.save(payments.ReceiptTaken(whole, id, number, start))
			w.service.report = undone(atol.BadRequest)
			w.make()
			w.make()
			return waits()
		}
		r := w.make()
		require.Equal(t, []any{1, "2ea26f17-0884-4f08-b120-306fc096a590"}, []any{r.Tries, r.TillID})
	})
}

func TestMakeAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole := w.load()
	ended := make(chan error, 4)
	calm := &quietService{}
	config := w.config
	config.Service = calm
	one := cashier.New(config)
	for range cap(ended) {
		go func() { ended <- one.Make(context.Background(), whole, whole.Payments[0].ID) }()
	}
	for range cap(ended) {
		require.NoError(t, <-ended)
	}
	r := w.receipt()
	require.Equal(t, number, r.TillID)
	require.Zero(t, r.Tries)
}

// quietService takes everything and tells nothing; many may call it.
type quietService struct{}

func (*quietService) Register(context.Context, atol.Account, receipts.Draft) (atol.Registered, error) {
	return waits()
}

func (*quietService) Report(context.Context, atol.Account, string) (atol.Report, error) {
	return atol.Report{State: atol.Waiting}, nil
}

func notice(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]string{"uuid": number, "external_id": name, "status": "done"})
	require.NoError(t, err)
	return raw
}

func TestNotice(t *testing.T) {
	t.Parallel()
	t.Run("MakesUsAsk", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := w.make()
		require.NoError(t, w.Notice(t.Context(), notice(t, r.DraftID(ids.Test))))
		require.Equal(t, payments.ReceiptReady, w.receipt().Status)
		require.NoError(t, w.Notice(t.Context(), notice(t, r.DraftID(ids.Test))), "twice")
		require.Len(t, w.service.asked, 1)
	})
	t.Run("ErrMalformed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, raw := range []string{"", "[]", "{}", `{"uuid":"x"}`, "\xff"} {
			require.Equal(t, fault.KindMalformed, fault.As(w.Notice(t.Context(), []byte(raw))).Kind, raw)
		}
	})
	t.Run("OfStrangersAsksNobody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := w.make()
		r.Tries = 1
		for _, name := range []string{"", "hello", "l" + r.ID.String() + ".0", r.DraftID(ids.Test), "t" + ids.FromParts("x").Child(ids.PaymentReceipt, 1).String() + ".0"} {
			require.NoError(t, w.Notice(t.Context(), notice(t, name)), name)
		}
		require.Empty(t, w.service.asked)
	})
	t.Run("NotEveryMomentAfterTheFirst", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		name := w.make().DraftID(ids.Test)
		w.service.report = func(receipts.Draft) (atol.Report, error) { return atol.Report{State: atol.Waiting}, nil }
		for range 5 {
			require.NoError(t, w.Notice(t.Context(), notice(t, name)))
		}
		require.Len(t, w.service.asked, 1)
		due := w.receipt().Due
		for range 20 {
			w.clock.Advance(5 * time.Second)
			require.NoError(t, w.Notice(t.Context(), notice(t, name)))
		}
		require.Len(t, w.service.asked, 21)
		require.Equal(t, due, w.receipt().Due, "strangers do not move our own next look")
	})
}

// TestNoticeBeforeTheNumber: while the service is away, strangers neither use up the tries of a receipt that it has not taken
// nor move the next one.
func TestNoticeBeforeTheNumber(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.service.register = func() (atol.Registered, error) {
		return atol.Registered{}, &atol.Error{Class: atol.Unavailable, Text: "down"}
	}
	r := w.make()
	for range 14 {
		w.clock.Advance(5 * time.Second)
		require.NoError(t, w.Notice(t.Context(), notice(t, r.DraftID(ids.Test))))
	}
	w.clock.Advance(2 * time.Hour)
	require.NoError(t, w.Notice(t.Context(), notice(t, r.DraftID(ids.Test))))
	require.Equal(t, r, w.receipt())
	require.Len(t, w.service.registered, 1)
}

func FuzzNotice(f *testing.F) {
	f.Add([]byte(`{"uuid":"2ea26f17-0884-4f08-b120-306fc096a58f","external_id":"t4ce7f232-5e80-8829-92c8-47b6ae9b0301.0","status":"done"}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"uuid":"2ea26f17-0884-4f08-b120-306fc096a58f"}{`))
	w := setup(f)
	f.Add(fmt.Appendf(nil, `{"uuid":%q,"external_id":"t%s.0"}`, number, w.order.Child(ids.PaymentReceipt, 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := w.Notice(t.Context(), raw); err != nil {
			require.Equal(t, fault.KindMalformed, fault.As(err).Kind)
		}
		whole, err := w.store.Load(t.Context(), ids.Test, w.order)
		require.NoError(t, err)
		require.Empty(t, whole.Receipts, "nobody has asked for a receipt yet")
	})
}

func TestWrite(t *testing.T) {
	t.Parallel()
	ready := func(t *testing.T) *world {
		t.Helper()
		w := setup(t)
		w.make()
		require.Equal(t, payments.ReceiptReady, w.make().Status)
		return w
	}
	write := func(w *world) payments.Receipt {
		w.t.Helper()
		require.NoError(w.t, w.Write(w.t.Context(), w.load(), w.receipt().ID))
		return w.receipt()
	}
	t.Run("Once", func(t *testing.T) {
		t.Parallel()
		w := ready(t)
		require.Equal(t, start, write(w).MailedAt)
		write(w)
		require.Equal(t, []mail.Message{{To: "buyer@example.com", Key: w.receipt().ID.String()}}, w.sent)
	})
	t.Run("NotBeforeItIsReady", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.make()
		write(w)
		require.Empty(t, w.sent)
	})
	t.Run("ErrRefusedIsNotTriedAgain", func(t *testing.T) {
		t.Parallel()
		w := ready(t)
		w.answer = mail.ErrRefused
		require.NotEmpty(t, write(w).Failure)
		write(w)
		require.Len(t, w.sent, 1)
	})
	t.Run("ErrLaterIsTheDueKeys", func(t *testing.T) {
		t.Parallel()
		w := ready(t)
		w.answer = mail.ErrLater
		r := write(w)
		require.True(t, r.MailedAt.IsZero())
		require.False(t, r.Due.IsZero())
		w.answer = nil
		require.Equal(t, start, write(w).MailedAt)
	})
	t.Run("ErrALetterThatCannotBeWritten", func(t *testing.T) {
		t.Parallel()
		w := ready(t)
		w.config.Letter = func(payments.Whole, ids.ID) (mail.Message, error) { return mail.Message{}, errGone }
		w.Cashier = cashier.New(w.config)
		require.NotEmpty(t, write(w).Failure)
		require.Empty(t, w.sent)
	})
	t.Run("WithoutAMailer", func(t *testing.T) {
		t.Parallel()
		w := ready(t)
		w.config.Mail = nil
		w.Cashier = cashier.New(w.config)
		require.NotEmpty(t, write(w).Failure)
		duties, _ := payments.Owed(w.load(), w.receipt().ID, true, start)
		require.Empty(t, duties, "nothing is owed")
	})
}
