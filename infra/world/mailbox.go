package world

import (
	"fmt"
	"strings"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments"
)

// mailbox is the payers' letters: by the receipt that a letter is about, with its mode, the key that it came under.
type mailbox map[string]string

// receive takes a letter to a payer. It is about a receipt that is ready, to the payer of its order, and there is one.
func (w *World) receive(letter mail.Message) {
	w.coverage.Letters++
	about := strings.SplitN(letter.Key, "/", 3)
	if err := letter.Check(); err != nil || len(about) != 3 || len(about[2]) < 36 {
		w.fail("LettersAreTrue", ids.ID{}, "the letter %q cannot be sent: %v", letter.Key, err)
		return
	}
	m := ids.Mode(about[1])
	id, err := ids.Parse(about[2][:36])
	if err != nil {
		w.fail("LettersAreTrue", ids.ID{}, "the letter %q is about nothing", letter.Key)
		return
	}
	t := w.book.byID[id.Root()]
	is := w.watch.last[partitionOf(m, id.Root())]
	r, known := is.ReceiptOf(id)
	switch {
	case !known || r.Status != payments.ReceiptReady || !r.Verified:
		w.fail("LettersAreTrue", id.Root(), "a letter tells of receipt %s, which is %q", id, r.Status)
	case t != nil && t.shop.mode != m || letter.To != is.Order.Email:
		w.fail("LettersAreTrue", id.Root(), "the letter about receipt %s goes to another payer", id)
	case !strings.Contains(letter.Text, fmt.Sprint(r.Fiscal.FD)):
		w.fail("LettersAreTrue", id.Root(), "the letter about receipt %s does not name its document %d", id, r.Fiscal.FD)
	}
	name := about[1] + about[2][:36]
	if key, had := w.mailbox[name]; had && key != letter.Key {
		w.fail("OneLetter", id.Root(), "a second letter about receipt %s, as %q beside %q", id, letter.Key, key)
	}
	w.mailbox[name] = letter.Key
	w.tell(id.Root(), fmt.Sprintf("letter about receipt %04x", id[14:]))
}

// lettersCame: at rest there is a letter about every receipt that is ready and of a till, and about no other.
func lettersCame(l *look) string {
	for _, r := range l.is.Receipts {
		_, came := l.world.mailbox[string(l.mode)+r.ID.String()]
		ready := r.Status == payments.ReceiptReady && r.Verified
		// A letter that could not be sent for days is given up, and an operator called.
		givenUp := r.MailedAt.IsZero() && raisedOn(l.is, r.ID.String(), payments.LetterUnsent)
		switch {
		case came && !ready:
			return fmt.Sprintf("there is a letter about receipt %s, which is %s", r.ID, r.Status)
		case !came && ready && !givenUp:
			return fmt.Sprintf("the payer has no letter about receipt %s (noted: %s)", r.ID, r.MailedAt)
		case came && r.MailedAt.IsZero() && !givenUp:
			return fmt.Sprintf("the letter about receipt %s came and is not noted", r.ID)
		}
	}
	return ""
}
