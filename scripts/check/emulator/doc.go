// Package emulator runs a built function under AWS's own Runtime Interface
// Emulator. Its test stands behind the build tag realtools; the check program
// builds the emulator and runs it.
package emulator
