// Package shared is the glossary of the house: one word per idea, with the Russian of the original beside it. Names in
// code, in JSON and in prose come from here; infra/checks refuses the synonyms.
//
// People and sides
//
//	partner       партнёр                   who sells and is paid through us; never merchant, seller, vendor
//	payer         плательщик                who pays an order, with no account here
//	customer      покупатель                whom the partner says he sells to
//	operator      оператор                  one of ours, who works with alarms, partners and accounts
//	provider      поставщик оплаты          a bank or service that we pay through: tbank, dolyame, tochka, bisys
//	bank          банк                      a provider as the port sees it: a driver below, a Bank above
//	account       договор, терминал         a provider's contract: credentials, currencies, methods, fee, mode, owner
//	terminal      терминал                  the account's name at the bank
//	simulator     имитатор                  a stranger's server, written anew for development
//
// The road of the money
//
//	order         заказ                     what the payer owes, with its items; never invoice
//	item, line    позиция                   a thing sold: price × quantity
//	link          платёжная ссылка          the universal address of an order; the payer's authority
//	method        способ оплаты             how the payer pays: card, sbp, card_foreign, instalments
//	payment       платёж, попытка оплаты    one attempt to pay an order through one account
//	attempt number  номер попытки           1 … 20, the payment's place within its order
//	reference     номер у банка             our name of a payment at its bank; 26 characters
//	hold          холдирование              money authorised and not yet taken
//	capture       подтверждение             taking a held amount, whole or in part
//	void          отмена холда              releasing a held amount
//	cancel        отмена                    ending an order or an unpaid payment
//	refund        возврат                   giving paid money back
//	approval      согласование              a second operator's yes to a refund above the limit of one person
//	fulfilment    исполнение заказа         the goods of a prepayment were given: its closing receipt is due
//	chargeback    чарджбэк                  money taken back through the payer's bank
//	decline       отказ                     the bank's proven refusal
//	unknown       неизвестный исход         the bank has not told whether it took the money
//	superseded    вытесненная попытка       another attempt took the road; still watched
//
// News and work
//
//	notice        уведомление банка         what a bank tells us; evidence, never an order
//	news          новость                   one truth about a payment, in our words
//	event         событие                   a fact told to the partner
//	delivery      доставка                  one event on its way to one webhook endpoint; also one receive of a job
//	attempt       попытка                   one request of a delivery, as it ended; also one payment of an order
//	webhook       вебхук                    an address of the partner's that hears events; never a bank's notice
//	lane          полоса                    one of two roads to a webhook endpoint, with one request in flight at most
//	job           задание                   work in a queue: kind, version, key, three endings
//	due key       срок                      where the sweeper finds a row that is owed something
//	sweeper       обходчик                  reads due keys, sees what is missing, enqueues it
//	relay         ретранслятор              turns the table's changes into jobs
//	alarm         тревога                   a durable call for an operator
//	switch        выключатель               an account or a method of it, on or off for new attempts
//
// Papers and books
//
//	receipt       фискальный чек            the fiscal receipt (54-FZ); never cheque
//	till          касса                     what makes receipts: the bank's own, or a service
//	correction    чек коррекции             an operator's receipt about what a till told wrongly
//	letter        письмо                    what we write to the payer about a receipt
//	ledger        книга проводок            accounts and postings
//	book          книга партнёра            the ledger of one partner, mode and currency
//	entry         запись                    postings that belong together, written once under a name
//	posting       проводка                  a positive amount from one account to another
//	transaction   транзакция                a write of several rows of the table, and nothing else
//	business day  операционный день         a partner's day in his zone; once closed it never reopens
//	settlement    расчёт                    what we owe a partner for a period
//	register      реестр                    a list of operations: a settlement's, or a bank's
//	payout        выплата                   the transfer of a settlement
//	transfer      перечисление банка        what a bank sends us for the payments that it took
//	statement     выписка                   the movements of an account with its balance
//	reconciliation  сверка                  a bank's register held against the ledger
//	break         расхождение               where the two differ: kind, age and owner
//	fee           комиссия                  of the provider, and ours; basis points and a fixed part
//	minor units   копейки, тиыны            how every amount is counted: int64
//
// Worlds
//
//	mode          режим                     test or live; they never meet
//	token         токен                     a caller's secret, kept as its SHA-256
//	scope         право токена              what a token is good for
//	fault         отказ системы             an error with a code that a caller can act on
//	problem       ответ об ошибке           a fault as the outside sees it (RFC 9457)
//	endpoint      метод API                 one operation: folder, file, test, event
//	row, place    строка, место             an item of the table, and where an index shows it
package shared
