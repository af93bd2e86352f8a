// Original file: proto/heliu/v1/trust.proto


export interface RenewAnswer {
  'certificate'?: (string);
}

export interface RenewAnswer__Output {
  'certificate': (string);
}
