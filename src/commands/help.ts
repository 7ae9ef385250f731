import type { Command } from "commander";

/** Gives each command the program's settings; an error then points to the help of the command that was typed. */
export function pointToOwnHelp(program: Command): void {
  program.showHelpAfterError(`(${program.name()} --help shows the commands)`);
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
    command.showHelpAfterError(`(${program.name()} ${command.name()} --help shows its options)`);
  }
}
