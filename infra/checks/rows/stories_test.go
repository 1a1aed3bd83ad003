package rows

import (
	"cmp"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	account = ids.FromParts("account")
)

// story plays payments on a table, so that every kind of row and every attribute is written at least once.
type story struct {
	t     *testing.T
	store *store.Store
	w     payments.Whole
	now   time.Time
	till  ids.ID // that makes the receipts; zero: the bank's
	mode  string // of the first line's settlement
}

func (s *story) order(name string, hold bool) {
	s.t.Helper()
	o, err := payments.NewOrder(payments.Draft{
		Project: "Школа", Email: "buyer@example.com", ExternalID: "A-1047", Description: "Две консультации", Locale: "kk",
		Items: []payments.Item{
			{Name: "Консультация", Price: money.Of(150_000, money.RUB), Quantity: 1000, VAT: "vat22", Subject: "service", Mode: cmp.Or(s.mode, "full_payment"), Measure: "hour"},
			{Name: "Тетрадь", Price: money.Of(33_333, money.RUB), Quantity: 1500},
		},
		Customer: payments.Customer{ID: "u-42", Name: "Иван", Phone: "+79000000000"}, ReturnURL: "https://shop.example/thanks",
		Methods: []banks.Method{banks.Card, banks.SBP}, Hold: hold, Metadata: map[string]string{"table": "7"},
	}, ids.FromParts(name), ids.Test, partner, s.now)
	require.NoError(s.t, err)
	o.LinkKey, o.RequestHash = ids.LinkKey{1, 2, 3}, "hash of the request"
	_, created, err := s.store.Create(s.t.Context(), o)
	require.NoError(s.t, err)
	require.True(s.t, created)
	s.w = payments.Whole{Order: o}
}

func (s *story) save(out payments.Outcome, errs ...error) {
	s.t.Helper()
	for _, err := range errs {
		require.NoError(s.t, err)
	}
	require.NoError(s.t, s.store.Save(s.t.Context(), out))
	s.w = out.After
	s.now = s.now.Add(3 * time.Minute)
}

func (s *story) begin(m banks.Method) (n int) {
	s.t.Helper()
	through := payments.Through{Account: account, Provider: "tbank", Fiscal: s.till.IsZero(), Till: s.till, Agent: !s.till.IsZero()}
	if !s.till.IsZero() {
		through.TillMin = 10
	}
	out, p := payments.Begin(s.w, m, through, "https://shop.example/back",
		[]payments.Answered{{Key: "key", Hash: "hash", At: s.now}}, s.now)
	s.save(out)
	return p.N
}

func (s *story) open(m banks.Method, bankID string) (n int) {
	s.t.Helper()
	n = s.begin(m)
	o := banks.Opened{BankID: bankID, PageURL: "https://bank.example/" + bankID}
	if m == banks.SBP {
		o.QR = "https://qr.nspk.ru/" + bankID
	}
	s.save(payments.Opened(s.w, n, o, s.now))
	return n
}

func (s *story) news(n int, status banks.Status, how payments.Evidence) {
	s.t.Helper()
	p, _ := s.w.Payment(n)
	out := payments.Apply(s.w, n, banks.News{BankID: p.BankID, Status: status, Word: "A WORD",
		Card:    banks.CardMask{Pan: "430000******0777", Brand: "visa", Expires: "12/28"},
		Decline: banks.Decline{Code: banks.InsufficientFunds, Message: "Недостаточно средств"}}, how, s.now)
	out.Freeze(n, ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250, Fixed: 5, Returned: true}, Theirs: ledger.Fee{BP: 190}})
	s.save(out)
}

// tellPayments plays the stories of the payment module.
func tellPayments(t *testing.T, tbl table.Table) {
	t.Helper()
	s := &story{t: t, store: store.New(tbl), now: start}
	s.order("held and captured", true)
	s.news(s.open(banks.Card, "701"), banks.Declined, payments.Told)
	superseded := s.open(banks.SBP, "702")
	n := s.open(banks.Card, "703")
	s.news(n, banks.Held, payments.Told)
	out, err := payments.BeginCapture(s.w, n, s.w.Order.Total.Amount, s.w.Order.Items, "key", "hash", s.now)
	s.save(out, err)
	s.news(n, banks.Paid, payments.Asked)
	s.news(superseded, banks.Paid, payments.Told) // a second success: an alarm
	p, _ := s.w.Payment(n)
	s.save(payments.AddReceipt(s.w, p, receipts.Fiscal{Kind: receipts.Income, Total: s.w.Order.Total, URL: "https://receipt.example/1", QR: "t=1&s=2", FN: "9999078900000001",
		FD: 7, FP: 1234567890, RegistrationNumber: "0000000001", Shift: 3, Number: 4, OFD: "Такском", IssuedAt: s.now},
		false, payments.Told, s.now))
	attached, _, err := payments.AttachReceipt(s.w, receipts.Fiscal{URL: "https://receipt.example/2"}, s.now)
	s.save(attached, err)

	s.order("held and voided", true)
	n = s.open(banks.Card, "704")
	s.news(n, banks.Held, payments.Told)
	out, err = payments.BeginVoid(s.w, n, "key", "hash", s.now)
	s.save(out, err)
	s.news(n, banks.Cancelled, payments.Asked)
	s.save(payments.Cancel(s.w, "key", "hash", s.now))

	s.order("a capture that was lost", true)
	n = s.open(banks.Card, "705")
	s.news(n, banks.Held, payments.Told)
	out, err = payments.BeginCapture(s.w, n, 150_000, s.w.Order.Items[:1], "key", "hash", s.now)
	s.save(out, err)
	s.save(payments.CallLost(s.w, n, s.now))
	s.save(payments.NotFound(s.w, n, s.now)) // the first miss is only noted
	s.save(payments.Looked(s.w, n, s.now))

	tellRefunds(s)
	tellFulfilment(s)
	s.till = ids.FromParts("till")
	tellTills(s)
	s.till, s.mode = ids.ID{}, ""

	s.order("never opened", false)
	house := payments.Alarm{Kind: payments.ForgedNotice, Object: account.String(), Detail: "its signature does not hold", OpenedAt: s.now}
	require.NoError(t, s.store.RaiseHouse(t.Context(), ids.Test, house))
	house.Kind = payments.UnknownPayment
	require.NoError(t, s.store.RaiseHouse(t.Context(), ids.Test, house))
	closed, err := s.store.CloseAlarm(t.Context(), ids.Test, ids.ID{}, house.Kind, house.Object, "an operator", s.now)
	require.NoError(t, err)
	require.True(t, closed)
}

// pay opens an order's first attempt by card and has it paid.
func (s *story) pay(bankID string) {
	s.t.Helper()
	s.news(s.open(banks.Card, bankID), banks.Paid, payments.Told)
}

func (s *story) refund(wish payments.RefundWish) (k int) {
	s.t.Helper()
	wish.Key, wish.Hash, wish.Source = "key", "hash", payments.ByPartner
	out, r, err := payments.BeginRefund(s.w, 1, wish, s.now)
	s.save(out, err)
	return r.N
}

// tellRefunds plays every end of a refund, and those that have none yet.
func tellRefunds(s *story) {
	s.t.Helper()
	left := func(minor int64) banks.News {
		return banks.News{Status: banks.PartlyRefunded, Word: "PARTIAL_REFUNDED", Left: &money.Money{Amount: minor, Currency: money.RUB}}
	}
	s.order("given back", false)
	s.pay("706")
	k := s.refund(payments.RefundWish{Parts: []payments.Part{{Line: 2, Quantity: 500}}, Reason: "returned", Author: "token", Keyed: true})
	s.save(payments.RefundAnswered(s.w, k, left(183_333), s.now))
	p, _ := s.w.Payment(1)
	s.save(payments.AddReceipt(s.w, p, receipts.Fiscal{Kind: receipts.IncomeReturn, Total: s.w.Refunds[0].Amount, FN: "9999078900000001", FD: 8, FP: 8, IssuedAt: s.now},
		false, payments.Told, s.now))
	k = s.refund(payments.RefundWish{Amount: 1000, Author: "token", ApproveAbove: 1})
	out, err := payments.ApproveRefund(s.w, k, "an operator", s.now)
	s.save(out, err)
	s.save(payments.RefundRefused(s.w, k, banks.Conflict, banks.Decline{Code: banks.NotPermitted, Message: "Не разрешено"}, s.now)) // the payment is suspected
	k = s.refund(payments.RefundWish{Amount: 2000, Author: "token"})
	s.save(payments.RefundLost(s.w, k, s.now))
	s.save(payments.RefundTold(s.w, k, left(183_333), s.now)) // no trace of it: the first miss is only noted

	s.order("being given back", false)
	s.pay("707")
	k = s.refund(payments.RefundWish{Amount: 3000, Author: "token"})
	s.save(payments.RefundAnswered(s.w, k, banks.News{Status: banks.Paid, Underway: true}, s.now))
	s.save(payments.RefundLooked(s.w, k, s.now))

	s.order("given back by an operator's word", false)
	s.pay("715")
	k = s.refund(payments.RefundWish{Amount: 4000, Author: "token"})
	s.save(payments.RefundLost(s.w, k, s.now))
	s.save(payments.RefundLooked(s.w, k, s.now.Add(payments.RefundPatience+time.Hour))) // an alarm
	out, err = payments.EndRefund(s.w, k, payments.Word{Gone: true, By: "an operator", Note: "line 14"}, s.now)
	s.save(out, err)

	s.order("for a second operator", false)
	s.pay("708")
	s.refund(payments.RefundWish{Author: "token", ApproveAbove: 1})

	s.order("captured in part", true)
	s.news(s.open(banks.Card, "711"), banks.Held, payments.Told)
	out, err = payments.BeginCapture(s.w, 1, 150_000, s.w.Order.Items[:1], "key", "hash", s.now)
	s.save(out, err)
	s.news(1, banks.Paid, payments.Asked)
	for _, rest := range []int64{149_000, 148_000} {
		k = s.refund(payments.RefundWish{Amount: 1000, Author: "token"})
		s.save(payments.RefundAnswered(s.w, k, left(rest), s.now))
	}

	s.order("given back in the bank's cabinet", false)
	s.pay("709")
	s.save(payments.Apply(s.w, 1, left(150_000), payments.Asked, s.now)) // an alarm
}

// tellFulfilment plays a prepayment that is being closed, after a till refused once.
func tellFulfilment(s *story) {
	s.t.Helper()
	s.mode = "full_prepayment"
	s.order("closed after a prepayment", false)
	s.pay("710")
	out, r, err := payments.BeginFulfil(s.w, nil, "key", "hash", s.now)
	s.save(out, err)
	s.save(payments.ReceiptRefused(s.w, r.ID, "the till has no paper", s.now))
	out, _, err = payments.BeginFulfil(s.w, nil, "another", "hash", s.now)
	s.save(out, err)
}

// contracts is identity's store over a table. Its keys are drawn from a fixed seed: they open what version 1 sealed.
func contracts(t *testing.T, tbl table.Table) *identitystore.Store {
	t.Helper()
	keys, err := secret.CreateKeyFile(filepath.Join(t.TempDir(), "keys"), rand.NewChaCha8([32]byte{1}))
	require.NoError(t, err)
	random := rand.NewChaCha8([32]byte{2})
	return identitystore.New(tbl, secret.NewKeeper(keys, random), clock.At(start), random)
}

// tellIdentity plays the stories of partners, operators, accounts and tokens, and gives the secrets that were shown.
func tellIdentity(t *testing.T, tbl table.Table) (secrets map[string]string) {
	t.Helper()
	s, ctx, once := contracts(t, tbl), t.Context(), identitystore.Once{Hash: [32]byte{9}, Answer: []byte(`{"answer":1}`)}
	secrets = map[string]string{}
	_, err := s.CreatePartner(ctx, identity.Partner{
		ID: partner, Name: "Школа", LegalName: "ООО «Школа»", INN: "7707083893", Taxation: "usn_income", PaymentAddress: "https://school.example",
		Phone: "+74950000000", Country: "RU", TimeZone: "Europe/Moscow", SupportContact: "help@school.example", FeeBP: 250, CreatedAt: start,
	}, once)
	require.NoError(t, err)
	secrets["operator"], err = s.Bootstrap(ctx)
	require.NoError(t, err)
	_, secrets["partner"], err = s.IssueToken(ctx, identitystore.Issue{Kind: identity.TestToken, Holder: partner, Name: "shop", Scopes: []string{"orders:read", "orders:write"}}, ids.FromParts("token"), once)
	require.NoError(t, err)
	_, err = s.CreateAccount(ctx, identity.Account{
		ID: account, Provider: "tbank", Mode: ids.Test, Terminal: "RowDEMO", Address: "https://bank.example", Owner: partner, SettlesTo: partner, Grants: []ids.ID{partner},
		Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true, Taxation: "usn_income", ReturnsFee: true, Options: map[string]string{"page_origins": "https://page.example"}, ReceiptWithin: 90,
		Methods:   []identity.MethodTerms{{Code: banks.Card, On: true, FeeBP: 190, FeeFixed: 5, MinMinor: 100, MaxMinor: 10_000_000, Countries: []string{"RU"}}},
		CreatedAt: start,
	}, "first password", once)
	require.NoError(t, err)
	_, err = s.Rotate(ctx, account, "second password")
	require.NoError(t, err)
	return secrets
}

// heldThenReleased is the bank's word that the hold of attempt 1 is gone.
func heldThenReleased(w payments.Whole) banks.News {
	p, _ := w.Payment(1)
	return banks.News{BankID: p.BankID, Status: banks.Reversed, Word: "REVERSED"}
}
