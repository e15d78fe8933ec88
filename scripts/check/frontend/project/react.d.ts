// The part of @types/react that the sample needs.
declare module "react" {
  export type DetailedHTMLProps<Props, Element> = Props & { ref?: (element: Element | null) => void; key?: string };
  export interface HTMLAttributes<Element> {
    hidden?: boolean;
    role?: string;
    onClick?: (event: Element) => void;
    children?: unknown;
  }
  export namespace JSX {
    interface Element {}
    interface ElementChildrenAttribute { children: {} }
    interface IntrinsicElements { p: HTMLAttributes<HTMLElement> }
  }
}
