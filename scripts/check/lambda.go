package main

// emulator runs a built function under AWS's Runtime Interface Emulator.
func emulator(j *job) error {
	rie := j.tool("aws-lambda-rie")
	const pkg = "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie"
	if err := j.run("go", "build", emulatorMod, "-o", rie, pkg); err != nil {
		return err
	}
	return j.test("emulator")
}

// emulatorMod pins the emulator, whose dependencies conflict with those of tools.mod.
const emulatorMod = "-modfile=" + pins + "/emulator.mod"
