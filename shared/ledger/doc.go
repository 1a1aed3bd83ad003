// Package ledger is double entry, pure: a posting moves a positive amount from one account to another, an entry is the
// postings of one fact, and history is appended, never edited. What is owed to us is negative, what we owe positive, so
// the sum over all accounts of a currency and mode is zero, always.
//
// An account means what it says within one book: a mode, a partner and a currency. Accounts of the whole platform (fees,
// clearing, the bank) have one sub-balance per partner and are summed when they are read, so that partners never contend.
//
// The names of the contract (payments.md §5) and ours:
//
//	provider:{account}:clearing  clearing:{account}       what the bank owes us
//	partner:{id}:payable         payable                  what we owe the partner
//	partner:{id}:reserved        reserved                 what is on its way to him
//	partner:{id}:receivable      receivable               our fee where his own account took the money
//	fees:platform                platform_fees            what we earn
//	fees:provider:{account}      provider_fees:{account}  what the bank keeps
//	user:{id}:available, held    available:{id}, held:{id}
//	suspense                     suspense                 money whose owner is not known yet
//	bank:settlement              bank_settlement          our own account
//	–                            write_off                a difference that an operator gave up
package ledger
