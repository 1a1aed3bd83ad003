package atol_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

// always answers every call but getToken with one answer.
func always(status int, text string) func(string, int) (int, string, error) {
	return func(path string, _ int) (int, string, error) {
		if strings.HasSuffix(path, "/getToken") {
			return 0, "", nil
		}
		return status, text, nil
	}
}

func refused(code int, kind string) string {
	return fmt.Sprintf(`{"error":{"error_id":"x","code":%d,"text":"текст","type":%q},"timestamp":"01.03.2026 12:00:00"}`, code, kind)
}

func TestRegister(t *testing.T) {
	t.Parallel()
	register := func(t *testing.T, f *fake, d receipts.Draft) (atol.Registered, error) {
		c, _ := client(f)
		return c.Register(t.Context(), account(atol.V5), d)
	}
	t.Run("TheIDIsKnown", func(t *testing.T) {
		t.Parallel()
		text := `{"uuid":"` + uuid + `","status":"fail","error":{"error_id":"x","code":33,"text":"существует","type":"system"},"timestamp":""}`
		got, err := register(t, &fake{reply: always(400, text)}, draft())
		require.NoError(t, err)
		require.Equal(t, atol.Registered{UUID: uuid, State: atol.Waiting, Repeated: true}, got, "what became of it is the report's to tell")
	})
	for name, c := range map[string]struct {
		status int
		text   string
		class  atol.Class
	}{
		"ErrExistsWithoutNumber": {400, refused(33, "system"), atol.Unknown},
		"ErrUndefined":           {400, refused(0, "unknown"), atol.Unknown},
		"ErrNotProcessed":        {400, refused(1, "system"), atol.Unavailable},
		"ErrLogin":               {401, refused(12, "system"), atol.Config},
		"ErrBlocked":             {403, refused(14, "system"), atol.Config},
		"ErrGroup":               {401, refused(20, "system"), atol.Config},
		"ErrProtocol":            {401, refused(21, "system"), atol.Config},
		"ErrValidation":          {400, refused(32, "system"), atol.BadRequest},
		"ErrBadRequest":          {400, refused(40, ""), atol.BadRequest},
		"ErrContentType":         {415, refused(41, "system"), atol.BadRequest},
		"ErrServer":              {500, refused(50, "system"), atol.Unknown},
		"ErrAgent":               {400, refused(2009, "agent"), atol.Config},
		"ErrPage":                {502, "<html>", atol.Unknown},
		"ErrStatusAlone":         {500, "{}", atol.Unknown},
		"ErrEmpty":               {200, "{}", atol.Unknown},
		"ErrNoUUID":              {200, `{"uuid":"../x","status":"wait","error":null}`, atol.Unknown},
		"ErrCutOff":              {200, registered[:40], atol.Unknown},
		"ErrTwo":                 {200, registered + registered, atol.Unknown},
		"ErrArray":               {200, "[]", atol.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := register(t, &fake{reply: always(c.status, c.text)}, draft())
			require.Error(t, err)
			require.Equal(t, c.class, atol.ClassOf(err), "%v", err)
		})
	}
	t.Run("ErrLost", func(t *testing.T) {
		t.Parallel()
		lost := errors.New("lost")
		for class, cause := range map[atol.Class]error{atol.Unknown: lost, atol.Unavailable: &outbound.NotSentError{Cause: lost}} {
			_, err := register(t, &fake{reply: func(path string, _ int) (int, string, error) {
				if strings.HasSuffix(path, "getToken") {
					return 0, "", nil
				}
				return 0, "", cause
			}}, draft())
			require.ErrorIs(t, err, lost)
			require.Equal(t, class, atol.ClassOf(err))
		}
	})
	t.Run("NothingWrongIsSent", func(t *testing.T) {
		t.Parallel()
		long := strings.Repeat("x", 300)
		for name, spoil := range map[string]func(*receipts.Draft){
			"draft":   func(d *receipts.Draft) { d.Paid.Electronic = rub(1) },
			"email":   func(d *receipts.Draft) { d.Document.Email = long },
			"address": func(d *receipts.Draft) { d.Company.PaymentAddress = long },
			"notify":  func(d *receipts.Draft) { d.NotifyURL = "https://" + long },
		} {
			d, f := draft(), &fake{}
			spoil(&d)
			_, err := register(t, f, d)
			require.Equal(t, atol.BadRequest, atol.ClassOf(err), name)
			require.Empty(t, f.calls(), name)
		}
		f := &fake{}
		c, _ := client(f)
		_, err := c.Register(t.Context(), account(atol.V4), correction(receipts.IncomeReturnCorrection))
		require.Equal(t, atol.BadRequest, atol.ClassOf(err), "FFD 1.05 has no such receipt")
		numberless := correction(receipts.IncomeCorrection)
		numberless.Correction.Type, numberless.Correction.Number = receipts.CorrectionSelf, ""
		_, err = c.Register(t.Context(), account(atol.V4), numberless)
		require.Equal(t, atol.BadRequest, atol.ClassOf(err))
		many := correction(receipts.IncomeCorrection)
		many.Document.Lines, many.Paid = nil, receipts.Split{Electronic: rub(700)}
		for _, rate := range receipts.VATs.Names()[:7] {
			line := draft().Document.Lines[1]
			line.VAT, line.Price, line.Quantity, line.Amount = rate, rub(100), 1000, rub(100)
			many.Document.Lines = append(many.Document.Lines, line)
		}
		_, err = c.Register(t.Context(), account(atol.V4), many)
		require.Equal(t, atol.BadRequest, atol.ClassOf(err))
		for _, wrong := range []atol.Account{{Version: "v3", Group: "g"}, {Version: atol.V4}, {Address: "\x00", Version: atol.V4, Group: "g"}} {
			_, err = c.Register(t.Context(), wrong, draft())
			require.Equal(t, atol.Config, atol.ClassOf(err))
			_, err = c.Report(t.Context(), wrong, uuid)
			require.Equal(t, atol.Config, atol.ClassOf(err))
		}
		require.Empty(t, f.calls())
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	count := func(f *fake) (n int) {
		for _, call := range f.calls() {
			if strings.Contains(call, "/getToken") {
				n++
			}
		}
		return n
	}
	t.Run("OneForADay", func(t *testing.T) {
		t.Parallel()
		f := &fake{}
		c, now := client(f)
		for range 3 {
			_, err := c.Register(t.Context(), account(atol.V4), draft())
			require.NoError(t, err)
		}
		require.Equal(t, 1, count(f))
		now.Advance(23 * time.Hour)
		_, err := c.Report(t.Context(), account(atol.V4), uuid)
		require.NoError(t, err)
		require.Equal(t, 1, count(f))
		now.Advance(time.Hour)
		_, err = c.Report(t.Context(), account(atol.V4), uuid)
		require.NoError(t, err)
		require.Equal(t, 2, count(f))
	})
	t.Run("OneForEachLoginAndPassword", func(t *testing.T) {
		t.Parallel()
		f := &fake{}
		c, _ := client(f)
		rotated := account(atol.V4)
		rotated.Password = "new"
		for _, a := range []atol.Account{account(atol.V4), account(atol.V5), rotated, account(atol.V4)} {
			_, err := c.Register(t.Context(), a, draft())
			require.NoError(t, err)
		}
		require.Equal(t, 3, count(f))
	})
	t.Run("ManyCallersAskOnce", func(t *testing.T) {
		t.Parallel()
		f := &fake{}
		c, _ := client(f)
		var callers sync.WaitGroup
		for range 32 {
			callers.Go(func() { _, _ = c.Register(t.Context(), account(atol.V5), draft()) })
		}
		callers.Wait()
		require.Equal(t, 1, count(f))
		require.Len(t, f.calls(), 33)
	})
	for _, code := range []int{10, 11} {
		t.Run(fmt.Sprint("RenewedOnce", code), func(t *testing.T) {
			t.Parallel()
			f := &fake{reply: func(path string, nth int) (int, string, error) {
				if nth == 2 {
					return 401, refused(code, "system"), nil
				}
				return 0, "", nil
			}}
			c, _ := client(f)
			got, err := c.Register(t.Context(), account(atol.V5), draft())
			require.NoError(t, err)
			require.Equal(t, uuid, got.UUID)
			require.Equal(t, 2, count(f))
			require.Equal(t, "tok-1", f.heads[1].Get("Token"))
			require.Equal(t, "tok-3", f.heads[3].Get("Token"))
			require.Equal(t, f.calls()[1], f.calls()[3], "the same receipt, byte for byte")
		})
		t.Run(fmt.Sprint("ErrStillRefused", code), func(t *testing.T) {
			t.Parallel()
			f := &fake{reply: always(401, refused(code, "system"))}
			c, _ := client(f)
			_, err := c.Register(t.Context(), account(atol.V5), draft())
			require.Equal(t, atol.Unavailable, atol.ClassOf(err))
			require.Len(t, f.calls(), 4, "two tokens, two tries, no more")
		})
	}
	for name, c := range map[string]struct {
		status int
		text   string
		err    error
		class  atol.Class
	}{
		"ErrPassword":  {401, refused(12, "system"), nil, atol.Config},
		"ErrSchema":    {400, refused(13, "system"), nil, atol.Config}, // the account's fault, not the receipt's
		"ErrType":      {415, refused(41, "system"), nil, atol.Config},
		"ErrNoToken":   {200, `{"token":"","error":null}`, nil, atol.Unavailable},
		"ErrPage":      {500, "<html>", nil, atol.Unavailable},
		"ErrLostToken": {0, "", errors.New("lost"), atol.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{reply: func(string, int) (int, string, error) { return c.status, c.text, c.err }}
			client, _ := client(f)
			_, err := client.Register(t.Context(), account(atol.V4), draft())
			require.Equal(t, c.class, atol.ClassOf(err), "nothing was registered: %v", err)
			require.Len(t, f.calls(), 1)
			require.NotContains(t, err.Error(), account(atol.V4).Password)
		})
	}
	t.Run("AWaitingCallerMayLeave", func(t *testing.T) {
		t.Parallel()
		asked, release := make(chan struct{}), make(chan struct{})
		f := &fake{reply: func(path string, _ int) (int, string, error) {
			if strings.HasSuffix(path, "getToken") {
				close(asked)
				<-release
			}
			return 0, "", nil
		}}
		c, _ := client(f)
		var first sync.WaitGroup
		first.Go(func() { _, _ = c.Register(t.Context(), account(atol.V5), draft()) })
		<-asked
		gone, leave := context.WithCancel(t.Context())
		leave()
		_, err := c.Register(gone, account(atol.V5), draft())
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, atol.Unavailable, atol.ClassOf(err))
		close(release)
		first.Wait()
	})
	t.Run("TheBookOfTokensIsBounded", func(t *testing.T) {
		t.Parallel()
		f := &fake{}
		c, _ := client(f)
		a := account(atol.V5)
		for i := range 1100 {
			a.Login = fmt.Sprint("shop-", i)
			_, err := c.Register(t.Context(), a, draft())
			require.NoError(t, err)
		}
		require.Equal(t, 1100, count(f))
	})
}
