// Makes the elements known to React's JSX: /// <reference path="./kinde-react.d.ts" />, or list it in tsconfig.json.

import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { KindeElements } from "./kinde-jsx.js";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements extends KindeElements<DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement>> {}
  }
}
