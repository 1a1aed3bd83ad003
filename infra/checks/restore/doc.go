// Package restore is the restore drill: a platform loses its data under load and comes back from a backup that was taken in
// the middle of it, with the banks as they are by then.
package restore
