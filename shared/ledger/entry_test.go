package ledger_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, must(t)(ledger.Paid(example(), start)).Validate())
	for name, spoil := range map[string]func(*ledger.Entry){
		"ErrNoID":             func(e *ledger.Entry) { e.ID = "" },
		"ErrLongID":           func(e *ledger.Entry) { e.ID = strings.Repeat("x", ledger.MaxID+1) },
		"ErrIDWithAKeysMark":  func(e *ledger.Entry) { e.ID = "a#b" },
		"ErrIDInAnotherAlpha": func(e *ledger.Entry) { e.ID = "платёж" },
		"ErrMode":             func(e *ledger.Entry) { e.Mode = "x" },
		"ErrCurrency":         func(e *ledger.Entry) { e.Currency = "rub" },
		"ErrPartner":          func(e *ledger.Entry) { e.Partner = ids.ID{} },
		"ErrPartnerIsAChild":  func(e *ledger.Entry) { e.Partner = order.Child(ids.Payment, 1) },
		"ErrNoKind":           func(e *ledger.Entry) { e.Kind = "" },
		"ErrKind":             func(e *ledger.Entry) { e.Kind = "Paid!" },
		"ErrNoTime":           func(e *ledger.Entry) { e.At = time.Time{} },
		"ErrNothing":          func(e *ledger.Entry) { e.Postings, e.Facts = nil, ledger.Facts{} },
		"ErrManyPostings": func(e *ledger.Entry) {
			for len(e.Postings) <= ledger.MaxPostings {
				e.Postings = append(e.Postings, e.Postings[0])
			}
		},
		"ErrZero":          func(e *ledger.Entry) { e.Postings[0].Amount = 0 },
		"ErrNegative":      func(e *ledger.Entry) { e.Postings[0].Amount = -1 },
		"ErrHuge":          func(e *ledger.Entry) { e.Postings[0].Amount = ledger.MaxAmount + 1 },
		"ErrLeadsNowhere":  func(e *ledger.Entry) { e.Postings[0].To = e.Postings[0].From },
		"ErrStrangeFrom":   func(e *ledger.Entry) { e.Postings[0].From = "pocket" },
		"ErrStrangeTo":     func(e *ledger.Entry) { e.Postings[0].To = "clearing:nobody" },
		"ErrHugeFact":      func(e *ledger.Entry) { e.Facts.Paid = math.MaxInt64 },
		"ErrHugeLoss":      func(e *ledger.Entry) { e.Facts.OurFee = math.MinInt64 },
		"ErrNoteIsNoText":  func(e *ledger.Entry) { e.Note = "\xff" },
		"ErrAuthorTooLong": func(e *ledger.Entry) { e.By = strings.Repeat("x", ledger.MaxBy+1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := must(t)(ledger.Paid(example(), start))
			spoil(&e)
			require.ErrorIs(t, e.Validate(), ledger.ErrEntry)
		})
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	for _, a := range []ledger.Account{
		ledger.Payable, ledger.Reserved, ledger.Receivable, ledger.PlatformFees, ledger.Suspense, ledger.BankSettlement, ledger.WriteOff,
		ledger.Clearing(account), ledger.ProviderFees(account), ledger.UserAvailable(account), ledger.UserHeld(account),
	} {
		require.True(t, a.Valid(), a)
	}
	upper := ledger.Account("clearing:" + strings.ToUpper(account.String()))
	for _, a := range []ledger.Account{"", "x", "clearing", "clearing:", "payable:" + ledger.Account(account.String()), "held", upper, "x:" + ledger.Account(account.String())} {
		require.False(t, a.Valid(), a)
	}
	require.Equal(t, ledger.Account("held"), ledger.UserHeld(account).InBook())
	require.Equal(t, ledger.Clearing(account), ledger.Clearing(account).InBook())
	require.True(t, ledger.UserAvailable(account).OfUser())
	require.False(t, ledger.Payable.OfUser())
}

func TestBalances(t *testing.T) {
	t.Parallel()
	t.Run("AnOverflowChangesNothing", func(t *testing.T) {
		t.Parallel()
		b := ledger.Balances{ledger.Payable: math.MaxInt64 - 1, ledger.Suspense: 5}
		err := b.Post(ledger.Posting{From: ledger.Suspense, To: ledger.Reserved, Amount: 5}, ledger.Posting{From: ledger.Reserved, To: ledger.Payable, Amount: 2})
		require.ErrorIs(t, err, money.ErrOverflow)
		require.ErrorIs(t, b.Add(ledger.Balances{ledger.Payable: 2, ledger.Suspense: 1}), money.ErrOverflow)
		require.Equal(t, ledger.Balances{ledger.Payable: math.MaxInt64 - 1, ledger.Suspense: 5}, b)
		b = ledger.Balances{ledger.Payable: math.MinInt64}
		require.ErrorIs(t, b.Post(ledger.Posting{From: ledger.Payable, To: ledger.Reserved, Amount: 1}), money.ErrOverflow)
		_, err = ledger.Balances{ledger.Payable: math.MaxInt64, ledger.Reserved: 1}.Posted()
		require.ErrorIs(t, err, money.ErrOverflow)
		_, err = ledger.Facts{Paid: math.MaxInt64}.Plus(ledger.Facts{Paid: 1})
		require.ErrorIs(t, err, money.ErrOverflow)
	})
	t.Run("BalancedBeyondInt64", func(t *testing.T) {
		t.Parallel()
		require.True(t, ledger.Balances{"a": math.MaxInt64, "b": math.MaxInt64, "c": -math.MaxInt64, "d": -math.MaxInt64}.Balanced())
		require.False(t, ledger.Balances{"a": math.MinInt64, "b": math.MinInt64}.Balanced(), "2⁶⁴ is not zero")
	})
	t.Run("UsersAreOneSumInABook", func(t *testing.T) {
		t.Parallel()
		b, err := ledger.Balances{ledger.UserHeld(account): 5, ledger.UserHeld(order): 7, ledger.Payable: -12}.InBook()
		require.NoError(t, err)
		require.Equal(t, ledger.Balances{"held": 12, ledger.Payable: -12}, b)
		_, err = ledger.Balances{ledger.UserHeld(account): math.MaxInt64, ledger.UserHeld(order): 1}.InBook()
		require.ErrorIs(t, err, money.ErrOverflow)
	})
}

func TestDay(t *testing.T) {
	t.Parallel()
	moscow, almaty := time.FixedZone("MSK", 3*3600), time.FixedZone("+05", 5*3600)
	at := time.Date(2026, 12, 31, 20, 30, 0, 0, time.UTC)
	require.Equal(t, ledger.Day("2026-12-31"), ledger.DayOf(at, moscow))
	require.Equal(t, ledger.Day("2027-01-01"), ledger.DayOf(at, almaty))
	require.Equal(t, ledger.Day("2027-01-01"), ledger.Day("2026-12-31").Next())
	require.Equal(t, ledger.Day("2028-02-29"), ledger.Day("2028-02-28").Next())
	begins, err := ledger.Day("2027-01-01").Begins(almaty)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 12, 31, 19, 0, 0, 0, time.UTC), begins)
	for _, bad := range []string{"", "2026-2-3", "2026-02-30", "2026-02-03 ", "x"} {
		_, err := ledger.ParseDay(bad)
		require.ErrorIs(t, err, ledger.ErrDay, bad)
		_, err = ledger.Day(bad).Begins(moscow)
		require.ErrorIs(t, err, ledger.ErrDay, bad)
		require.False(t, ledger.Day(bad).Valid())
		require.Empty(t, ledger.Day(bad).Next())
	}
}

func FuzzAccount(f *testing.F) {
	for _, seed := range []ledger.Account{ledger.Payable, ledger.Clearing(account), "clearing:x", ":", "held:" + ledger.Account(account.String())} {
		f.Add(string(seed))
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := ledger.Account(text)
		kind, of := a.Split()
		if a.Valid() && !of.IsZero() && ledger.Account(kind+":"+of.String()) != a {
			t.Fatalf("%q has two spellings", text)
		}
		if !a.Valid() && a.InBook() != a && !a.OfUser() {
			t.Fatalf("%q is none of ours and was renamed", text)
		}
	})
}

func FuzzDay(f *testing.F) {
	for _, seed := range []string{"2026-11-23", "2026-02-30", "", "2026-1-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ledger.ParseDay(text)
		if err == nil && text < "9999-12-31" && (d.Next() <= d || !d.Next().Valid()) {
			t.Fatalf("after %s comes %s", d, d.Next())
		}
	})
}
