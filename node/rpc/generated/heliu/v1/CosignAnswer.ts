// Original file: proto/heliu/v1/audit.proto


export interface CosignAnswer {
  'status'?: (number);
  'body'?: (string);
}

export interface CosignAnswer__Output {
  'status': (number);
  'body': (string);
}
