// The program of scripts/fuzz: feeds damaged inputs to the readers, in release code.
//
//   fuzz --folder FOLDER [--inputs N] [--seed S] [--only NUMBER] [READER...]

import Foundation
import Fuzzing

exit(FuzzCommand.run(Array(CommandLine.arguments.dropFirst())))
