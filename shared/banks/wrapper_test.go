package banks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

var account = banks.Account{ID: ids.FromParts("account"), Provider: "toy", Terminal: "T1", Password: "top-secret-word", Address: "https://Sandbox.example:8443/api"}

// toy is a driver whose every method is said by the test.
type toy struct {
	open   func(ctx context.Context) (banks.Opened, error)
	news   func(ctx context.Context) (banks.News, error)
	notice banks.Notice
	err    error
}

func (d toy) Open(ctx context.Context, _ banks.Account, _ banks.Charge) (banks.Opened, error) {
	return d.open(ctx)
}
func (d toy) Ask(ctx context.Context, _ banks.Account, _ banks.Ref) (banks.News, error) {
	return d.news(ctx)
}
func (d toy) Names([]byte, http.Header) (string, error) { return d.notice.Terminal, d.err }
func (d toy) Verify(banks.Account, []byte, http.Header) (banks.Notice, error) {
	return d.notice, d.err
}
func (toy) Answer() (string, []byte) { return "text/plain", []byte("OK") }

// able has the optional powers too.
type able struct{ toy }

func (d able) Cancel(ctx context.Context, _ banks.Account, _ banks.Ref) (banks.News, error) {
	return d.news(ctx)
}
func (d able) Capture(ctx context.Context, _ banks.Account, _ banks.Ref, _ money.Money, _ *receipts.Document) (banks.News, error) {
	return d.news(ctx)
}
func (able) PageOrigins() []string { return []string{"https://b.example", "https://a.example"} }

func charge() banks.Charge {
	return banks.Charge{Reference: "tabc01", Amount: money.Of(100, money.KZT), Method: banks.Card, Deadline: now.Add(time.Hour)}
}

func wrap(d banks.Driver, limits banks.Limits) (*banks.Bank, *bytes.Buffer) {
	var logs bytes.Buffer
	return banks.New(d, limits).Using(clock.At(now), slog.New(slog.NewJSONHandler(&logs, nil))), &logs
}

func requireClass(t *testing.T, class banks.Class, err error) *banks.Error {
	t.Helper()
	var e *banks.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, class.String(), e.Class.String())
	require.Equal(t, class, banks.ClassOf(err))
	return e
}

func TestPowers(t *testing.T) {
	t.Parallel()
	poor, _ := wrap(toy{}, banks.Limits{})
	require.False(t, poor.CanCancel())
	require.False(t, poor.CanCapture())
	_, err := poor.Cancel(t.Context(), account, banks.Ref{BankID: "1"})
	require.Equal(t, "operation_not_supported", fault.Code(err))
	_, err = poor.Capture(t.Context(), account, banks.Ref{BankID: "1"}, money.Of(1, money.RUB), nil)
	require.Equal(t, "operation_not_supported", fault.Code(err))
	rich, _ := wrap(able{}, banks.Limits{})
	require.True(t, rich.CanCancel())
	require.True(t, rich.CanCapture())
	contentType, body := rich.Answer()
	require.Equal(t, "text/plain OK", contentType+" "+string(body))
}

func TestErrorsOfTheTransport(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]struct {
		err   error
		class banks.Class
	}{
		"SurelyNotSentIsUnavailable": {fmt.Errorf("x: %w", &outbound.NotSentError{Cause: errors.New("refused")}), banks.Unavailable},
		"AnythingElseIsUnknown":      {errors.New("connection reset"), banks.Unknown},
		"TooLargeIsUnknown":          {outbound.ErrTooLarge, banks.Unknown},
		"WhatTheDriverJudgedStays":   {&banks.Error{Class: banks.Unknown, Cause: &outbound.NotSentError{Cause: errors.New("second call")}}, banks.Unknown},
		"ARefusalStays":              {fmt.Errorf("y: %w", &banks.Error{Class: banks.Config, Code: "204"}), banks.Config},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank, logs := wrap(toy{news: func(context.Context) (banks.News, error) { return banks.News{}, fact.err }}, banks.Limits{})
			_, err := bank.Ask(t.Context(), account, banks.Ref{Reference: "tabc01"})
			requireClass(t, fact.class, err)
			require.Contains(t, logs.String(), fmt.Sprintf(`"class":%q`, fact.class))
			require.Contains(t, logs.String(), `"provider":"toy","call":"ask"`)
		})
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	driver := able{toy{
		open: func(ctx context.Context) (banks.Opened, error) { return banks.Opened{}, hang(ctx) },
		news: func(ctx context.Context) (banks.News, error) { return banks.News{}, hang(ctx) },
	}}
	for name, fact := range map[string]struct {
		call func(b *banks.Bank) error
		wait time.Duration
	}{
		"Open": {func(b *banks.Bank) error { _, err := b.Open(context.Background(), account, charge()); return err }, 20 * time.Second},
		"Ask": {func(b *banks.Bank) error {
			_, err := b.Ask(context.Background(), account, banks.Ref{BankID: "1"})
			return err
		}, 10 * time.Second},
		"Cancel": {func(b *banks.Bank) error {
			_, err := b.Cancel(context.Background(), account, banks.Ref{BankID: "1"})
			return err
		}, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank, _ := wrap(driver, banks.Limits{})
				start := time.Now()
				requireClass(t, banks.Unknown, fact.call(bank))
				require.Equal(t, fact.wait, time.Since(start))
			})
		})
	}
}

func TestInFlight(t *testing.T) {
	t.Parallel()
	t.Run("OneMoreThanAllowedIsNotMade", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			made := 0
			bank, _ := wrap(toy{news: func(context.Context) (banks.News, error) {
				made++
				<-release
				return banks.News{Status: banks.Paid}, nil
			}}, banks.Limits{InFlight: 1})
			var group sync.WaitGroup
			group.Go(func() {
				_, err := bank.Ask(t.Context(), account, banks.Ref{BankID: "1"})
				require.NoError(t, err)
			})
			synctest.Wait()
			_, err := bank.Ask(t.Context(), account, banks.Ref{BankID: "1"})
			requireClass(t, banks.Unavailable, err)
			require.Equal(t, 1, made)
			close(release)
			group.Wait()
			_, err = bank.Ask(t.Context(), account, banks.Ref{BankID: "1"})
			require.NoError(t, err, "the place is free again")
		})
	})
	t.Run("ACrashLeavesThePlaceFree", func(t *testing.T) {
		t.Parallel()
		crash := true
		bank, _ := wrap(toy{news: func(context.Context) (banks.News, error) {
			if crash {
				panic("crash")
			}
			return banks.News{Status: banks.Paid}, nil
		}}, banks.Limits{InFlight: 1})
		require.PanicsWithValue(t, "crash", func() { _, _ = bank.Ask(t.Context(), account, banks.Ref{BankID: "1"}) })
		crash = false
		_, err := bank.Ask(t.Context(), account, banks.Ref{BankID: "1"})
		require.NoError(t, err)
	})
}

func TestNewsAreCleaned(t *testing.T) {
	t.Parallel()
	negative := money.Of(-1, money.RUB)
	bank, logs := wrap(toy{news: func(context.Context) (banks.News, error) {
		return banks.News{
			Status: "settled", Word: "SETTLED\n4300000000000777", Amount: &negative,
			Card:    banks.CardMask{Pan: "4300 0000 0000 0777", Expires: "1/28"},
			Decline: banks.Decline{Message: "card 4300-0000-0000-0777\r\n" + strings.Repeat("x", 600)},
		}, nil
	}}, banks.Limits{})
	news, err := bank.Ask(t.Context(), account, banks.Ref{Reference: "tabc01"})
	require.NoError(t, err)
	require.Equal(t, banks.Unrecognised, news.Status)
	require.Nil(t, news.Amount)
	require.Equal(t, banks.CardMask{Pan: "430000******0777"}, news.Card)
	require.True(t, strings.HasPrefix(news.Decline.Message, "card 4300-00**-****-0777  x"), news.Decline.Message)
	require.Len(t, news.Decline.Message, 500)
	require.Equal(t, "SETTLED?430000******0777", news.Word)
	require.NotContains(t, logs.String(), "0000000")
}

func TestAnswersAboutAnotherPayment(t *testing.T) {
	t.Parallel()
	for _, news := range []banks.News{{Status: banks.Paid, Reference: "tother"}, {Status: banks.Paid, BankID: "2"}} {
		bank, _ := wrap(toy{news: func(context.Context) (banks.News, error) { return news, nil }}, banks.Limits{})
		_, err := bank.Ask(t.Context(), account, banks.Ref{Reference: "tabc01", BankID: "1"})
		requireClass(t, banks.Unknown, err)
	}
}

func TestOpenedIsChecked(t *testing.T) {
	t.Parallel()
	for _, opened := range []banks.Opened{
		{}, {BankID: "1"}, {PageURL: "https://x.example/"}, {BankID: "1", PageURL: "javascript:alert(1)"},
		{BankID: "1", PageURL: "/relative"}, {BankID: "1", QR: "bank://x"}, {BankID: "a b", PageURL: "https://x.example/"},
	} {
		bank, _ := wrap(toy{open: func(context.Context) (banks.Opened, error) { return opened, nil }}, banks.Limits{})
		got, err := bank.Open(t.Context(), account, charge())
		requireClass(t, banks.Unknown, err)
		require.Zero(t, got)
	}
}

func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	bank, logs := wrap(able{}, banks.Limits{})
	for _, ref := range []banks.Ref{{}, {Reference: "UPPER"}, {BankID: "two words"}, {Reference: strings.Repeat("a", 31)}} {
		_, err := bank.Ask(t.Context(), account, ref)
		requireClass(t, banks.BadRequest, err)
	}
	for _, amount := range []money.Money{money.Of(0, money.RUB), money.Of(-5, money.RUB), money.Of(101, money.RUB), money.Of(1, money.KZT), money.Of(1, "")} {
		_, err := bank.Capture(t.Context(), account, banks.Ref{BankID: "1", Amount: money.Of(100, money.RUB)}, amount, nil)
		requireClass(t, banks.BadRequest, err)
	}
	_, err := bank.Ask(t.Context(), account, banks.Ref{Reference: "4300000000000777@mail.example"})
	requireClass(t, banks.BadRequest, err)
	require.NotContains(t, logs.String(), "mail.example", "what has no form of a reference is not logged")
}

func TestVerifyOfTheWrapper(t *testing.T) {
	t.Parallel()
	t.Run("TheTerminalMustBeTheAccounts", func(t *testing.T) {
		t.Parallel()
		bank, _ := wrap(toy{notice: banks.Notice{Terminal: "T2"}}, banks.Limits{})
		_, err := bank.Verify(account, []byte("{}"), nil)
		require.ErrorIs(t, err, banks.ErrForged)
	})
	t.Run("TheRefusalIsLoggedByItsName", func(t *testing.T) {
		t.Parallel()
		bank, logs := wrap(toy{err: banks.ErrForged}, banks.Limits{})
		_, err := bank.Verify(account, []byte("{}"), nil)
		require.ErrorIs(t, err, banks.ErrForged)
		require.Contains(t, logs.String(), `"class":"forged"`)
	})
	t.Run("TooLong", func(t *testing.T) {
		t.Parallel()
		bank, _ := wrap(toy{}, banks.Limits{})
		_, err := bank.Names(make([]byte, 257<<10), nil)
		require.ErrorIs(t, err, banks.ErrMalformed)
	})
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	rich, _ := wrap(able{}, banks.Limits{})
	poor, _ := wrap(toy{}, banks.Limits{})
	registry := banks.NewRegistry(map[string]*banks.Bank{"toy": rich, "poor": poor})
	require.Equal(t, []string{"poor", "toy"}, registry.Providers())
	bank, err := registry.Bank("toy")
	require.NoError(t, err)
	require.Same(t, rich, bank)
	_, err = registry.Bank("none")
	require.Equal(t, "provider_not_available", fault.Code(err))
	require.Equal(t, []string{"http://127.0.0.1:9", "https://a.example", "https://b.example", "https://sandbox.example:8443"},
		registry.PageOrigins(account, banks.Account{Provider: "poor", Address: "http://127.0.0.1:9/v2"}, banks.Account{Provider: "none", Address: "https://c.example"}))
	require.Equal(t, []string{"https://new.example", "https://self.example"},
		poor.PageOrigins(banks.Account{Address: "https://self.example", Options: map[string]string{"page_origins": " https://new.example/x  *.evil 'none' "}}))
	require.Equal(t, []string{"https://a.example", "https://b.example"}, rich.PageOrigins(banks.Account{Address: "https://x; script-src *"}))
}
