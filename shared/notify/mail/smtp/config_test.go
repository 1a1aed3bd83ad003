package smtp_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/notify/mail/smtp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	ready := func(c smtp.Config) smtp.Config {
		c.From, c.FromName, c.Connect, c.Whole = "a@giberno.example", "Гиберно", 10*time.Second, 30*time.Second
		return c
	}
	for address, want := range map[string]smtp.Config{
		"smtps://u:p%40ss@mail.example":  {Host: "mail.example", Port: 465, Security: smtp.TLS, Login: "u", Password: "p@ss"},
		"smtps://mail.example:2465":      {Host: "mail.example", Port: 2465, Security: smtp.TLS},
		"smtp://u%40x:p@mail.example":    {Host: "mail.example", Port: 587, Login: "u@x", Password: "p"},
		"smtp://127.0.0.1:1025":          {Host: "127.0.0.1", Port: 1025, Security: smtp.Plain},
		"smtp://[::1]:25":                {Host: "::1", Port: 25, Security: smtp.Plain},
		"smtp://localhost":               {Host: "localhost", Port: 587, Security: smtp.Plain},
		"smtps://u:p@localhost":          {Host: "localhost", Port: 465, Security: smtp.TLS, Login: "u", Password: "p"},
		"smtps://u@mail.example":         {Host: "mail.example", Port: 465, Security: smtp.TLS, Login: "u"}, // the password is kept elsewhere
		"smtp://localhost.evil.example/": {},
	} {
		got, err := smtp.Parse(address, "Гиберно <a@giberno.example>")
		if want.Host == "" {
			require.ErrorIs(t, err, smtp.ErrConfig, address)
			continue
		}
		require.NoError(t, err, address)
		require.Equal(t, ready(want), got, address)
	}

	t.Run("Wrong", func(t *testing.T) {
		t.Parallel()
		for _, address := range []string{"", "mail.example:465", "http://mail.example", "smtp://", "smtps://mail.example:0", "smtps://mail.example:70000",
			"smtps://mail.example:x", "smtp://u:secret@127.0.0.1", "smtps://:secret@mail.example", "smtps://mail.example/?tls=no", "smtps://mail.example#x",
			"smtps://u:secret@mail example"} {
			_, err := smtp.Parse(address, "a@giberno.example")
			require.ErrorIs(t, err, smtp.ErrConfig, address)
			require.NotContains(t, err.Error(), "secret")
		}
		for _, from := range []string{"", "nobody", "a@b\r\nBcc: c@d", "a@b.c, d@e.f", "a@почта.рф", strings.Repeat("я", 129) + " <a@b.c>"} {
			_, err := smtp.Parse("smtps://mail.example", from)
			require.ErrorIs(t, err, smtp.ErrConfig, from)
		}
	})
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := smtp.Config{Host: "mail.example", From: "a@giberno.example"}
	_, err := smtp.New(good, clock.At(start))
	require.NoError(t, err)
	for name, change := range map[string]func(*smtp.Config){
		"ErrNoHost":       func(c *smtp.Config) { c.Host = "" },
		"ErrHost":         func(c *smtp.Config) { c.Host = "mail example" },
		"ErrPlain":        func(c *smtp.Config) { c.Security = smtp.Plain },
		"ErrPlainName":    func(c *smtp.Config) { c.Security, c.Host = smtp.Plain, "127.0.0.1.evil.example" },
		"ErrSecurity":     func(c *smtp.Config) { c.Security = 9 },
		"ErrTimes":        func(c *smtp.Config) { c.Connect, c.Whole = time.Minute, time.Second },
		"ErrNoPassword":   func(c *smtp.Config) { c.Login = "u" },
		"ErrNoLogin":      func(c *smtp.Config) { c.Password = "p" },
		"ErrNameTwoLines": func(c *smtp.Config) { c.FromName = "a\nb" },
		"ErrFrom":         func(c *smtp.Config) { c.From = "Name <a@b.c>" },
		"ErrPort":         func(c *smtp.Config) { c.Port = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			change(&c)
			_, err := smtp.New(c, clock.At(start))
			require.ErrorIs(t, err, smtp.ErrConfig)
		})
	}
}

// FuzzParse: what is accepted can be used, and what is refused says no secret.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"smtps://u:p@mail.example:465", "smtp://127.0.0.1", "smtp://[::1%25lo]:25", "smtps://%00@x", "smtp://u:p@h:9/x"} {
		f.Add(seed, "Имя <a@b.c>")
	}
	f.Fuzz(func(t *testing.T, address, from string) {
		c, err := smtp.Parse(address, from)
		if err != nil {
			if !errors.Is(err, smtp.ErrConfig) {
				t.Fatal(err)
			}
			return
		}
		if c.Security == smtp.Plain && c.Login != "" {
			t.Fatalf("%q sends a password in clear", address)
		}
		if _, err := smtp.New(c, clock.At(start)); err != nil && (c.Login == "" || c.Password != "") {
			t.Fatal(err)
		}
	})
}
