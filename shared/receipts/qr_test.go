package receipts_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

const vector = "t=20260301T1200&s=8000.00&fn=9999078900000001&i=133&fp=3449555941&n=1"

func sample() receipts.QR {
	return receipts.QR{
		FN: "9999078900000001", FD: 133, FP: 3_449_555_941, Sign: 1, Total: money.Of(800_000, money.RUB),
		At: time.Date(2026, 3, 1, 12, 0, 0, 0, receipts.Moscow),
	}
}

func ExampleQR_String() {
	q, _ := receipts.ParseQR("https://ofd.example/v1?fn=9999078900000001&fp=3449555941&i=133&n=1&s=8000.00&t=20260301T1200")
	fmt.Println(q)
	// Output: t=20260301T1200&s=8000.00&fn=9999078900000001&i=133&fp=3449555941&n=1
}

func TestQR(t *testing.T) {
	t.Parallel()
	t.Run("TheVector", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, vector, sample().String())
		got, err := receipts.ParseQR(vector)
		require.NoError(t, err)
		require.Equal(t, sample(), got)
		require.Equal(t, receipts.Income, got.Kind())
		require.Equal(t, "9999078900000001-133-3449555941", got.Identity())
	})
	t.Run("OfATillsAnswer", func(t *testing.T) {
		t.Parallel()
		fiscal := receipts.Fiscal{Kind: receipts.Income, Total: sample().Total, FN: sample().FN, FD: 133, FP: sample().FP,
			IssuedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
		q, ok := receipts.QROf(fiscal)
		require.True(t, ok)
		require.Equal(t, vector, q.String())
		require.Equal(t, q.Identity(), fiscal.Identity())
		fiscal.Kind = receipts.IncomeCorrection
		_, ok = receipts.QROf(fiscal)
		require.False(t, ok)
	})
	for name, text := range map[string]string{
		"AnyOrder":    "n=1&fp=3449555941&i=133&fn=9999078900000001&s=8000.00&t=20260301T1200",
		"InAnAddress": "https://consumer.1-ofd.ru/v1?fn=9999078900000001&fp=3449555941&i=133&t=20260301T1200&s=8000&n=1#top",
		"WithSeconds": "t=20260301T120000&s=8000.0&fn=9999078900000001&i=133&fp=3449555941&n=1",
		"AmongOthers": "lang=ru&" + vector + "&utm_source=mail",
		"PaddedFP":    "t=20260301T1200&s=8000.00&fn=9999078900000001&i=000133&fp=3449555941&n=1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := receipts.ParseQR(text)
			require.NoError(t, err)
			require.Equal(t, sample(), got)
		})
	}
	t.Run("TheNamesAlone", func(t *testing.T) {
		t.Parallel()
		got, err := receipts.ParseQR("fn=9999078900000001&i=133&fp=0000000007")
		require.NoError(t, err)
		require.Equal(t, receipts.QR{FN: "9999078900000001", FD: 133, FP: 7}, got)
		require.Empty(t, got.Kind())
	})
	for name, text := range map[string]string{
		"ErrEmpty":     "",
		"ErrNoFN":      "i=133&fp=1",
		"ErrShortFN":   "fn=999907890000000&i=133&fp=1",
		"ErrLetters":   "fn=999907890000000x&i=133&fp=1",
		"ErrZeroFD":    "fn=9999078900000001&i=0&fp=1",
		"ErrNegative":  "fn=9999078900000001&i=-1&fp=1",
		"ErrFPTooWide": "fn=9999078900000001&i=1&fp=4294967296",
		"ErrTwice":     vector + "&fp=1",
		"ErrSign":      "fn=9999078900000001&i=1&fp=1&n=5",
		"ErrTotal":     "fn=9999078900000001&i=1&fp=1&s=1.005",
		"ErrTotalText": "fn=9999078900000001&i=1&fp=1&s=1e3",
		"ErrTime":      "fn=9999078900000001&i=1&fp=1&t=20261301T1200",
		"ErrEscape":    "fn=%zz",
		"ErrTooLong":   vector + "&x=" + strings.Repeat("x", 2048),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := receipts.ParseQR(text)
			require.ErrorIs(t, err, receipts.ErrQR)
		})
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://OFD.example/v1?x=1":          "https://ofd.example/v1?x=1",
		"https://ofd.example:443/v1":          "https://ofd.example/v1",
		"https://ofd.example:8443/v1#part":    "https://ofd.example:8443/v1",
		"https://чек.рф/1":                    "https://%D1%87%D0%B5%D0%BA.%D1%80%D1%84/1",
		"https://ofd.example/" + "?" + vector: "https://ofd.example/?" + vector,
	} {
		got, err := receipts.ParseURL(text, false)
		require.NoError(t, err, text)
		if !strings.Contains(text, "чек") {
			require.Equal(t, want, got.URL)
		}
		again, err := receipts.ParseURL(got.URL, false)
		require.NoError(t, err)
		require.Equal(t, got, again, "the one form is stable")
		require.Equal(t, strings.Contains(text, vector), got.QR != nil)
	}
	for _, text := range []string{"", "ofd.example", "http://ofd.example/", "ftp://ofd.example/", "https://", "https:///path", "https://u:p@ofd.example/",
		"https://ofd.example/ x", "https://ofd.example/\n", "https:\\\\ofd.example", "javascript:alert(1)", "https://ofd.example/" + strings.Repeat("x", 2048)} {
		for _, loopback := range []bool{false, true} {
			_, err := receipts.ParseURL(text, loopback)
			require.Equal(t, "receipt_url_not_allowed", fault.Code(err), text)
		}
	}
	for _, local := range []string{"http://127.0.0.1:8080/receipt/1", "http://localhost:8080/receipt/1", "http://[::1]:8080/receipt/1"} {
		_, err := receipts.ParseURL(local, true)
		require.NoError(t, err, local)
		_, err = receipts.ParseURL(local, false)
		require.ErrorIs(t, err, receipts.ErrURL, local)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	before, since := time.Date(2025, 12, 31, 20, 59, 59, 0, time.UTC), time.Date(2025, 12, 31, 21, 0, 0, 0, time.UTC)
	for _, name := range receipts.VATs.Names() {
		old, young := name == "vat20" || name == "vat120", name == "vat22" || name == "vat122"
		require.Equal(t, !young, receipts.ValidVAT(name, before), name)
		require.Equal(t, !old, receipts.ValidVAT(name, since), name)
	}
	require.False(t, receipts.ValidVAT("vat18", since))
	for words, count := range map[*receipts.Words]int{
		&receipts.VATs: 12, &receipts.Subjects: 13, &receipts.Modes: 7, &receipts.Measures: 24, &receipts.Taxations: 5,
	} {
		require.Len(t, *words, count)
		tags := map[int]string{}
		for _, w := range *words {
			require.Empty(t, tags[w.Tag], "tag %d of %s", w.Tag, w.Name)
			tags[w.Tag] = w.Name
		}
	}
	for valid, name := range map[string]bool{"service": receipts.ValidSubject("service"), "advance": receipts.ValidMode("advance"),
		"hour": receipts.ValidMeasure("hour"), "patent": receipts.ValidTaxation("patent")} {
		require.True(t, name, valid)
	}
	require.False(t, receipts.ValidSubject("") || receipts.ValidMode("later") || receipts.ValidMeasure("pint") || receipts.ValidTaxation("envd"))
	tag, ok := receipts.Measures.Tag("piece")
	require.True(t, ok)
	require.Zero(t, tag)
}

func FuzzQR(f *testing.F) {
	f.Add(vector)
	f.Add("https://consumer.1-ofd.ru/v1?fn=9999078900000001&fp=3449555941&i=133")
	f.Add("fn=%39999078900000001&i=1&fp=1;")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := receipts.ParseQR(text)
		if err != nil {
			return
		}
		if len(q.FN) != 16 || q.FD <= 0 || q.FP < 0 || q.FP > math.MaxUint32 || q.Total.Amount < 0 {
			t.Fatalf("no receipt has %+v", q)
		}
		if q.At.IsZero() || q.Sign == 0 || q.At.Year() > 9999 {
			return
		}
		if q.Total.Currency == "" {
			q.Total.Currency = money.RUB
		}
		again, err := receipts.ParseQR(q.String())
		if err != nil || !again.At.Equal(q.At) || again.Identity() != q.Identity() || again.Total != q.Total || again.Sign != q.Sign {
			t.Fatalf("%v is read back as %v (%v)", q, again, err)
		}
	})
}

func FuzzURL(f *testing.F) {
	f.Add("https://OFD.example:443/v1?x=1#y")
	f.Add("http://127.0.0.1:8080/")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := receipts.ParseURL(text, true)
		if err != nil {
			return
		}
		again, err := receipts.ParseURL(a.URL, true)
		if err != nil || again.URL != a.URL || again.Host != a.Host {
			t.Fatalf("%q becomes %q and then %q (%v)", text, a.URL, again.URL, err)
		}
	})
}
