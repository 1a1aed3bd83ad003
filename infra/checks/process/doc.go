// Package process holds that the functions on Lambda are what they should be: every endpoint has its function and its sample
// event, every sample is answered as it should be, within a process and, with the build tag process, by the built binaries
// under a Lambda Runtime API of our own; and no function carries what it does not use.
package process
