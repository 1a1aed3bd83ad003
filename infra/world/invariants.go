package world

// moment is when an invariant is held.
type moment int

const (
	everyStep moment = iota // on an order that the step touched
	inFull                  // on everything, every thousand steps and at the end
	atRest                  // on every order, when the weather has cleared and days have gone by
	byItself                // where its breach shows: an answer, a letter, a log line
)

// invariant is something that must hold whatever happens.
type invariant struct {
	name, why string
	when      moment
	holds     func(*look) string // of an order: "", or what is wrong; nil: checked where it shows
}

// invariants are all of them. A new one is one entry.
var invariants = []invariant{
	{"ListedEdges", "a status that can be reached in a way that nobody has thought of will be", everyStep, listedEdges},
	{"WithinTheAmount", "nobody may be charged more than he agreed to, nor given back more than he paid", everyStep, withinTheAmount},
	{"OneWinner", "an order is paid once; who paid twice gets his money back, and an operator knows", everyStep, oneWinner},
	{"PaidIsCharged", "what we call paid the bank must have taken: else a forger or a mistake of ours gives goods away", everyStep, paidIsCharged},
	{"HeldIsHeldThere", "what we call held the bank must hold", everyStep, heldIsHeldThere},
	{"NoSecondRoad", "an attempt that is unknown or held blocks the next: otherwise a payer is charged twice", everyStep, noSecondRoad},
	{"NothingForgotten", "an order, an attempt's account and amount, a receipt and an alarm are facts, and facts stay", everyStep, nothingForgotten},
	{"ModesApart", "test money must never pay for live goods, nor one partner's account for another's", everyStep, modesApart},
	{"OneReceipt", "a second receipt of one operation is a fine, and a paper of another payment is a lie", everyStep, oneReceipt},
	{"OnePaper", "our tills must not make two documents of one operation: a new name only once the old one has failed for certain", everyStep, onePaper},
	{"PaperTells", "a document says what was sold and given back, to the kopeck, and whose goods they are", everyStep, paperTells},
	{"ClosedOnce", "what was prepaid is closed once, and not more of it than was sold", everyStep, closedOnce},
	{"NoFalseAlarm", "an operator who is called for nothing stops coming: an honest bank contradicts us in nothing", everyStep, noFalseAlarm},
	{"CalledInTime", "a till has the time that was agreed; an operator who is called before is called for nothing", everyStep, calledInTime},
	{"NotBeforeItsTime", "a payer has the time that he was promised", everyStep, notBeforeItsTime},
	{"WatchedIsDue", "an attempt that the bank may still change and that has no due key is asked about by nobody", everyStep, watchedIsDue},
	{"ListedRefundEdges", "a refund that ended must not begin again, nor be about another sum", everyStep, listedRefundEdges},
	{"RefundsAddUp", "more than was paid must never be promised, nor more of a line than was sold", everyStep, refundsAddUp},
	{"RefundIsGiven", "a payer who is told that his money went back must have it", everyStep, refundIsGiven},
	{"FourEyes", "one person alone must not be able to empty a till", everyStep, fourEyes},
	{"FailedIsNotGiven", "a partner who is told that a refund failed gives the money back again in another way", everyStep, failedIsNotGiven},
	{"FactIsMarked", "what is not marked in the write that does it is told to nobody once a message is lost", everyStep, factIsMarked},
	{"UntoldIsDue", "an event that no due key stands for is lost with its message", everyStep, untoldIsDue},
	{"OncePerKey", "a refund that is repeated after a lost answer must not go out twice", everyStep, oncePerKey},

	{"Audit", "the rows must not contradict each other, and stand in the indexes where their attributes put them", inFull, nil},
	{"LedgerAudit", "balances are what the entries come to, and money is only moved, never made", inFull, nil},
	{"Chain", "who could change a settlement of old unseen could pay himself", inFull, nil},
	{"LeavingAgrees", "a partner to whom we show money that is on its way back to payers counts on it", inFull, nil},
	{"EntryIsTrue", "an entry that tells of no payment, or tells it twice, is money out of nothing", inFull, nil},
	{"WaitingIsDue", "a delivery that waits in no lane, or that no sweeper looks after, waits for ever", inFull, nil},
	{"EntryStays", "history is appended, never edited; a closed day never changes", inFull, nil},

	{"ComesToRest", "when nothing breaks any more, everything that is owed is done within days", atRest, comesToRest},
	{"BooksAgree", "what the bank took and gave back is what we have written, or an operator was called", atRest, booksAgree},
	{"ReceiptComes", "every payment through a till has its receipt, or an operator was called", atRest, receiptComes},
	{"EntriesCome", "what was paid and given back is in the ledger, as it was agreed, or the partner is cheated", atRest, entriesCome},
	{"LettersCame", "a payer has the right to his receipt, and to no letter about another", atRest, lettersCame},
	{"RefundsEnd", "money that was promised back goes back, and the tax service hears of it", atRest, refundsEnd},
	{"SettlementStays", "what a partner was told of a day, and what he was paid for it, must not change", byItself, nil},
	{"PaidOutOnce", "a settlement that is paid out under two references is paid twice", byItself, nil},
	{"TransferOnce", "a bank's transfer that is booked twice hides money that it still owes", byItself, nil},
	{"BalancesAgree", "what we owe a partner is what was paid, less what went back, our fees and what he has got", byItself, nil},
	{"SettlementsAgree", "every entry is settled once, in its day, and the days one after the other", byItself, nil},
	{"DoorsAgree", "what a partner is shown is what we owe him", byItself, nil},
	{"RegisterAgrees", "an honest bank's register has no break, a difference has one break of its kind, and a run that is repeated adds none", byItself, nil},
	{"LettersAreTrue", "a letter about a receipt that no till made is a lie", byItself, nil},
	{"OneLetter", "who is written to twice about one payment believes that he paid twice", byItself, nil},
	{"OneCorrection", "a correction that is repeated after a lost answer must not be made twice", byItself, nil},
	{"NothingLeft", "at rest no due key, no job, no dead letter and no letter is left: nothing finished is looked at for ever", byItself, nil},

	{"EventIsFact", "a partner who is told what did not happen sends goods for nothing", byItself, nil},
	{"EventIsTrue", "what a partner reads in an event must be what it tells of, then or later", byItself, nil},
	{"EventIsTold", "a partner who is not told that he was paid does not send the goods", byItself, nil},
	{"EventArrives", "what is told has to come to everybody who listens, however long his shop was ill", byItself, nil},
	{"EventsStayHome", "what one partner earns is nobody else's business, and test events are not live ones", byItself, nil},
	{"SecretOnce", "a secret that is shown again is shown to somebody else", byItself, nil},
	{"FilterHolds", "who has asked for some events is not made to answer to others", byItself, nil},
	{"DeletedIsSilent", "who has deleted an endpoint must be able to give its address away", byItself, nil},
	{"GoneIsSaid", "an endpoint that is disabled without its own word hears nothing, and nobody knows why", byItself, nil},
	{"DeliveredIsHeard", "what is called delivered nobody sends again", byItself, nil},
	{"SameIdSameBytes", "a partner knows by the webhook-id what he has heard before, and does not read it again", byItself, nil},
	{"SignatureIsGood", "an event that cannot be verified is not believed", byItself, nil},
	{"OneInFlight", "a shop that is slow must not be run over by what it has missed", byItself, nil},

	{"SameKeySameBytes", "a partner who asks again must not think that something else happened", byItself, nil},
	{"OtherBodyRefused", "a used key under another request is a mistake of the partner's that he must learn of", byItself, nil},
	{"OrderAnswered", "what is created is answered in a way that can be used", byItself, nil},
	{"OrderStays", "what was created can be read, as it was created", byItself, nil},
	{"PageIsKnown", "a payer must not be led to a page that we know nothing of", byItself, nil},
	{"LinkIsTheAuthority", "who does not have the link has nothing", byItself, nil},
	{"LettersAreRead", "a bank that is not believed tells us of money in vain", byItself, nil},
	{"NoPanic", "code that falls leaves its work half done", byItself, nil},
	{"Engine", "the world itself must work", byItself, nil},
}

func whyOf(name string) string {
	for _, i := range invariants {
		if i.name == name {
			return i.why
		}
	}
	return ""
}
