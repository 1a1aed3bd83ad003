// Package letters hands out the work of the queue receipts: tills of ours, and letters to payers. It stands apart from the
// other workers, for letters are templates, and a mailer is large.
package letters

import (
	"context"
	"os"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/notify/mail/smtp"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/host/onlambda/batch"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
)

// Receipts does the jobs of its queue, in a Lambda. The environment beside the surroundings' own: SMTP_URL
// (smtps://login@host:465), SMTP_PASSWORD and MAIL_FROM; without SMTP_URL nobody is written to.
func Receipts() batch.Work {
	s := surroundings.OfLambda(sqsengine.Open(sqsengine.FromEnv(os.Getenv)))
	var sender mail.Sender
	if address := os.Getenv("SMTP_URL"); address != "" {
		sender = &mail.Late{Open: func(context.Context) (mail.Sender, error) {
			c, err := smtp.Parse(address, os.Getenv("MAIL_FROM"))
			if err != nil {
				return nil, err
			}
			if password := os.Getenv("SMTP_PASSWORD"); password != "" {
				c.Password = password
			}
			return smtp.New(c, s.Clock)
		}}
	}
	return ReceiptsOf(s, sender)
}

// ReceiptsOf does them in any surroundings.
func ReceiptsOf(s surroundings.Surroundings, sender mail.Sender) batch.Work {
	parts, _, _ := s.Parts()
	parts.Mail, parts.Letter = sender, LetterOf(parts)
	return batch.Work{Queue: s.Queue, Name: queue.Receipts, Worker: inside.New(parts).Worker.Do, Log: s.Log}
}

// LetterOf writes the letter about a receipt that is ready.
func LetterOf(p inside.Parts) func(payments.Whole, ids.ID) (mail.Message, error) {
	return func(w payments.Whole, receipt ids.ID) (mail.Message, error) {
		return pages.ReceiptLetter(p.BaseURL, w, receipt)
	}
}
