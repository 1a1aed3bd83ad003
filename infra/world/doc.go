// Package world plays the whole platform against everything that can go wrong, from one seed.
//
// One process, one virtual clock. Partners, payers, operators, a forger, the bank's own people and the platform's workers are
// actors: coroutines that stop before every call to the table, the queues, the feed, the mail server, the bank, the fiscal
// service and the partners' shops, which hear events. Exactly one runs, and the seed picks who is next, so a seed is a whole
// history and can be played again. Calls come in through the real handlers by ServeHTTP, put together as in production; what
// leaves goes over a line that loses, delays and doubles, and on which the process dies. Messages of the bank and of the fiscal
// service lie in a post that mixes them up; a shop may be slow, ill for hours or gone for good.
//
// After each step the invariants of the orders and events that it touched are checked, in full now and then, and at the end, when
// the weather has cleared and days have gone by, everything that is owed must be done and both sides' books must agree: every
// operation has its receipt and its letter, the ledger holds each of them once and with the fees that were agreed, its days
// are settled one after the other, the banks' registers have no other break than those that the world puts in, and every event
// has come to every endpoint that listens, signed, in the same bytes each time, and to nobody else.
//
// The map: world.go runs, actor.go schedules, line.go and ports.go break, weather.go says how badly, process.go boots,
// setting.go, tills.go and shops.go are who lives here, mailbox.go, registers.go and hearing.go what they keep; moves*.go is what
// they do, invariants*.go what must hold; plants*.go are defects put in on purpose, to prove that they are found; story.go,
// minimise.go and coverage.go are for the reader.
package world
