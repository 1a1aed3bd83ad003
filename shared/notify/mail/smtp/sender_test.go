package smtp_test

import (
	"context"
	"mime"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/notify/mail/smtp"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func message(change ...func(*mail.Message)) mail.Message {
	m := mail.Message{
		To: "buyer@example.com", Subject: "Чек: оплата 1 500,00 ₽ — Школа «Понимаю»", Text: "Спасибо!\n.\nТочка — не конец.\n",
		HTML: "<p>Спасибо!</p>", Lang: "ru", Key: "receipt/1", Headers: map[string]string{"X-Kind": "receipt"},
	}
	for _, c := range change {
		c(&m)
	}
	return m
}

func sender(t *testing.T, s *server, change ...func(*smtp.Config)) *smtp.Sender {
	t.Helper()
	c := smtp.Config{Host: "127.0.0.1", Port: s.port, Security: smtp.Plain, From: "receipts@giberno.example", FromName: "Гиберно, чеки", Roots: s.roots()}
	for _, f := range change {
		f(&c)
	}
	sends, err := smtp.New(c, clock.At(start))
	require.NoError(t, err)
	return sends
}

func starttls(c *smtp.Config) { c.Security = smtp.StartTLS }

func TestSend(t *testing.T) {
	t.Parallel()

	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		s := serve(t)
		require.NoError(t, sender(t, s).Send(t.Context(), message()))
		taken := s.taken()
		require.Len(t, taken, 1)
		require.Equal(t, "FROM:<receipts@giberno.example> BODY=8BITMIME", taken[0].from)
		require.Equal(t, "TO:<buyer@example.com>", taken[0].to)
		require.Contains(t, s.commands(), "EHLO giberno.example\n", "the name of the machine stays at home")
		header, parts := read(t, taken[0].content)
		require.Equal(t, map[string]string{"text/plain": message().Text, "text/html": message().HTML}, parts)
		subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
		require.NoError(t, err)
		require.Equal(t, message().Subject, subject)
		from, err := header.AddressList("From")
		require.NoError(t, err)
		require.Equal(t, "Гиберно, чеки", from[0].Name)
		require.Equal(t, "<"+message().ID("giberno.example")+">", header.Get("Message-Id"))
		require.Equal(t, "auto-generated", header.Get("Auto-Submitted"))
		require.Equal(t, "ru", header.Get("Content-Language"))
		require.Equal(t, "receipt", header.Get("X-Kind"))
		require.Equal(t, "Sun, 22 Nov 2026 09:00:00 +0000", header.Get("Date"))
		require.Empty(t, header.Get("User-Agent")+header.Get("X-Mailer"))
	})

	t.Run("TextAlone", func(t *testing.T) {
		t.Parallel()
		s := serve(t)
		require.NoError(t, sender(t, s).Send(t.Context(), message(func(m *mail.Message) { m.HTML = "" })))
		_, parts := read(t, s.taken()[0].content)
		require.Equal(t, map[string]string{"text/plain": message().Text}, parts)
	})

	t.Run("DomainOfAnotherAlphabet", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(s *server) { s.offers = append(s.offers, "SMTPUTF8") })
		require.NoError(t, sender(t, s).Send(t.Context(), message(func(m *mail.Message) { m.To = "ivan@почта.рф" })))
		require.Equal(t, "TO:<ivan@xn--80a1acny.xn--p1ai>", s.taken()[0].to)
		require.NotContains(t, s.taken()[0].from, "SMTPUTF8")
		require.NoError(t, sender(t, s).Send(t.Context(), message(func(m *mail.Message) { m.To = "иван@почта.рф" })))
		require.Equal(t, "TO:<иван@xn--80a1acny.xn--p1ai>", s.taken()[1].to)
		require.Contains(t, s.taken()[1].from, "SMTPUTF8")
	})

	t.Run("ManyAtOnce", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(s *server) { s.offers, s.password = append(s.offers, "AUTH PLAIN", "STARTTLS"), "secret" })
		sends := sender(t, s, starttls, func(c *smtp.Config) { c.Login, c.Password = "giberno", "secret" })
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := sends.Send(t.Context(), message()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Len(t, s.taken(), 8)
	})

	t.Run("ErrWrongMessageIsNotDialled", func(t *testing.T) {
		t.Parallel()
		s := serve(t)
		require.ErrorIs(t, sender(t, s).Send(t.Context(), message(func(m *mail.Message) { m.Subject = "a\r\nBcc: b@example.com" })), mail.ErrRefused)
		require.Empty(t, s.commands())
	})

	t.Run("ATakenLetterIsSentHoweverTheServerParts", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(s *server) { s.says["QUIT"] = "drop" })
		require.NoError(t, sender(t, s).Send(t.Context(), message()))
		require.Len(t, s.taken(), 1)
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		says map[string]string
		want error
	}{
		"NoSuchBox":          {map[string]string{"RCPT": "550 5.1.1 <buyer@example.com> does not live here"}, mail.ErrRefused},
		"BoxBusy":            {map[string]string{"RCPT": "451 4.3.0 try again, buyer@example.com"}, mail.ErrLater},
		"BoxFullForNow":      {map[string]string{"RCPT": "452 4.2.2 full"}, mail.ErrLater},
		"NoSuchDomain":       {map[string]string{"RCPT": "556 5.1.10 takes no mail"}, mail.ErrRefused},
		"NoSuchBoxInShort":   {map[string]string{"RCPT": "550 does not live here"}, mail.ErrRefused},
		"ContentRefused":     {map[string]string{"content": "554 5.6.0 cannot be read"}, mail.ErrRefused},
		"ContentNotLiked":    {map[string]string{"content": "554 5.7.1 spam"}, mail.ErrLater}, // of us, whatever the content
		"SignInFirst":        {map[string]string{"RCPT": "530 5.7.0 Authentication required"}, mail.ErrLater},
		"NoRelay":            {map[string]string{"RCPT": "554 5.7.1 Relay access denied"}, mail.ErrLater},
		"NoRelayInShort":     {map[string]string{"RCPT": "554 Relay access denied"}, mail.ErrLater},
		"BlockedAsAHost":     {map[string]string{"RCPT": "550 5.7.1 Service unavailable; client host blocked using a list"}, mail.ErrLater},
		"BlockedInLines":     {map[string]string{"RCPT": "550-5.7.1 blocked\r\n550 5.7.1 see 5.1.1 of the rules"}, mail.ErrLater},
		"DailyQuota":         {map[string]string{"DATA": "550 5.7.1 daily sending quota exceeded"}, mail.ErrLater},
		"ContentLater":       {map[string]string{"content": "451 4.7.1 greylisted"}, mail.ErrLater},
		"ContentTooLarge":    {map[string]string{"DATA": "552 5.3.4 too large"}, mail.ErrRefused},
		"SenderRefused":      {map[string]string{"MAIL": "550 5.7.1 who are you"}, mail.ErrLater}, // against us, not against the message
		"ServerClosing":      {map[string]string{"MAIL": "421 4.3.2 closing"}, mail.ErrLater},
		"GreetingRefused":    {map[string]string{"greeting": "554 no"}, mail.ErrLater},
		"NoGreeting":         {map[string]string{"greeting": "drop"}, mail.ErrLater},
		"NoSMTP":             {map[string]string{"greeting": "HTTP/1.1 400 Bad Request"}, mail.ErrLater},
		"HangsUpBeforeRCPT":  {map[string]string{"RCPT": "drop"}, mail.ErrLater},
		"HangsUpWithin":      {map[string]string{"within": "drop"}, mail.ErrLater},
		"HangsUpAfter":       {map[string]string{"content": "drop"}, mail.ErrLater},
		"EndlessGreeting":    {map[string]string{"greeting": strings.Repeat("220-"+strings.Repeat("x", 996)+"\r\n", 100) + "220 x"}, mail.ErrLater},
		"AnswerOfManyLines":  {map[string]string{"RCPT": "550-5.1.1 no\r\n550 5.1.1 buyer@example.com"}, mail.ErrRefused},
		"AnswerOfOddLetters": {map[string]string{"RCPT": "550 5.1.1 \xff\x1b[31m BUYER@EXAMPLE.COM"}, mail.ErrRefused},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(s *server) { s.says = c.says })
			err := sender(t, s).Send(t.Context(), message())
			require.ErrorIs(t, err, c.want)
			for _, other := range []error{mail.ErrRefused, mail.ErrLater} {
				require.Equal(t, other == c.want, strings.Contains(err.Error(), other.Error()), err)
			}
			require.NotContains(t, strings.ToLower(err.Error()), "buyer@", "an address is not for the log")
			require.NotContains(t, err.Error(), "\x1b")
			require.Less(t, len(err.Error()), 1000)
		})
	}

	t.Run("AnUnknownOutcomeIsRepeatedUnderOneName", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(s *server) { s.says["content"] = "drop" })
		require.ErrorIs(t, sender(t, s).Send(t.Context(), message()), mail.ErrLater)
		require.ErrorIs(t, sender(t, s).Send(t.Context(), message()), mail.ErrLater)
		taken := s.taken()
		require.Len(t, taken, 2)
		require.Equal(t, taken[0], taken[1], "byte for byte")
	})

	t.Run("ABrokenLetterIsNotEndedByTakingLeave", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(s *server) { s.says["content"] = "drop" })
		require.Error(t, sender(t, s).Send(t.Context(), message()))
		require.NotContains(t, s.commands(), "QUIT")
	})

	t.Run("NobodyListens", func(t *testing.T) {
		t.Parallel()
		s := serve(t)
		closed, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, closed.Close())
		sends := sender(t, s, func(c *smtp.Config) { c.Port = closed.Addr().(*net.TCPAddr).Port })
		require.ErrorIs(t, sends.Send(t.Context(), message()), mail.ErrLater)
	})

	t.Run("ASilentServerIsLeft", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts by its backlog, and says nothing
		require.NoError(t, err)
		defer func() { _ = listener.Close() }()
		sends := sender(t, serve(t), func(c *smtp.Config) {
			c.Port = listener.Addr().(*net.TCPAddr).Port
			c.Connect, c.Whole = 50*time.Millisecond, 50*time.Millisecond
		})
		require.ErrorIs(t, sends.Send(t.Context(), message()), mail.ErrLater)
	})

	t.Run("ACallerWhoGivesUpIsHeard", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { _ = listener.Close() }()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			conn, err := listener.Accept()
			cancel()
			if err == nil {
				_, _ = conn.Read(make([]byte, 1)) // until the other side hangs up
				_ = conn.Close()
			}
		}()
		sends := sender(t, serve(t), func(c *smtp.Config) { c.Port = listener.Addr().(*net.TCPAddr).Port })
		require.ErrorIs(t, sends.Send(ctx, message()), mail.ErrLater)
	})
}

func TestSecurity(t *testing.T) {
	t.Parallel()
	signed := func(c *smtp.Config) { c.Login, c.Password = "giberno", "secret" }
	offersAll := func(s *server) { s.offers, s.password = append(s.offers, "STARTTLS", "AUTH PLAIN LOGIN"), "secret" }

	t.Run("StartTLS", func(t *testing.T) {
		t.Parallel()
		s := serve(t, offersAll)
		require.NoError(t, sender(t, s, starttls, signed).Send(t.Context(), message()))
		commands := s.commands()
		require.Less(t, strings.Index(commands, "STARTTLS"), strings.Index(commands, "AUTH PLAIN"))
		require.Less(t, strings.Index(commands, "AUTH PLAIN"), strings.Index(commands, "MAIL FROM"))
	})

	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		s := serve(t, offersAll, func(s *server) { s.encrypted = true })
		require.NoError(t, sender(t, s, signed, func(c *smtp.Config) { c.Security = smtp.TLS }).Send(t.Context(), message()))
		require.NotContains(t, s.commands(), "STARTTLS")
		require.Contains(t, s.commands(), "AUTH PLAIN")
	})

	t.Run("ByLOGIN", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(s *server) { s.offers, s.password = []string{"STARTTLS", "AUTH LOGIN"}, "secret" })
		require.NoError(t, sender(t, s, starttls, signed).Send(t.Context(), message()))
		require.Len(t, s.taken(), 1)
	})

	t.Run("ErrStartTLSMissing", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(s *server) { s.offers = []string{"AUTH PLAIN"} })
		require.ErrorIs(t, sender(t, s, starttls, signed).Send(t.Context(), message()), mail.ErrLater)
		require.NotContains(t, s.commands(), "AUTH", "a password is not sent in clear")
		require.NotContains(t, s.commands(), "MAIL")
	})

	t.Run("ErrStranger", func(t *testing.T) {
		t.Parallel()
		s := serve(t, offersAll)
		require.ErrorIs(t, sender(t, s, starttls, func(c *smtp.Config) { c.Roots = nil }).Send(t.Context(), message()), mail.ErrLater)
		require.Empty(t, s.taken())
	})

	t.Run("ErrPassword", func(t *testing.T) {
		t.Parallel()
		s := serve(t, offersAll)
		err := sender(t, s, starttls, signed, func(c *smtp.Config) { c.Password = "guess-me" }).Send(t.Context(), message())
		require.ErrorIs(t, err, mail.ErrLater)
		require.NotContains(t, err.Error(), "guess-me")
		require.Empty(t, s.taken())
	})

	t.Run("ErrNoWayToSignIn", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(s *server) { s.offers = []string{"STARTTLS", "AUTH NTLM XOAUTH2"} })
		require.ErrorIs(t, sender(t, s, starttls, signed).Send(t.Context(), message()), mail.ErrLater)
		require.NotContains(t, s.commands(), "AUTH")
	})
}
